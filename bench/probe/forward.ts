// From the probe on the overlay network to the one on the node's own, through a Unix socket in a folder of the node: so
// nothing on the nodes' network takes commands.
import http from "node:http";
import { text } from "node:stream/consumers";
import { PROBE_SERVICES } from "../../contract/network.ts";
import { HttpError } from "../httpServer.ts";
import { reason } from "../problem.ts";

/** Passes a request on, and its answer back. @throws HttpError where it is none, or no success */
export async function forward(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { status, answer } = await send(socketPath, method, path, body).catch((error) => {
    const next = `see: docker service ps ${PROBE_SERVICES.host}`;
    throw new HttpError(
      503,
      `the probe on the node's own network does not answer (${reason(error)}); ${next}`,
    );
  });
  if (status === 200) return answer;
  throw new HttpError(status, String((answer as { error?: unknown }).error ?? `it answered ${status}`));
}

/** Without a time-out: who asks the probe on the overlay has one, and then both connections are closed. */
async function send(socketPath: string, method: string, path: string, body: unknown) {
  const data = body === undefined ? "" : JSON.stringify(body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(data) };
    http.request({ socketPath, method, path, headers, agent: false }, resolve).on("error", reject).end(data);
  });
  return { status: response.statusCode ?? 0, answer: JSON.parse(await text(response)) as unknown };
}
