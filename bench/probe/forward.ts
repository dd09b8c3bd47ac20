// Forwards requests from the node's probe on the overlay network to its probe on the nodes' own network. They use a Unix
// socket in a folder of the node, so that no port on the nodes' own network accepts commands.
import http from "node:http";
import { text } from "node:stream/consumers";
import { PROBE_SERVICES } from "../../contract/network.ts";
import { HttpError } from "../httpServer.ts";
import { reason } from "../reason.ts";

/**
 * Forwards a request, and returns the answer. Closes the connection when the signal is aborted.
 *
 * @throws HttpError 503 if there is no answer; otherwise with the status of the answer, if that is not 200
 */
export async function forward(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<unknown> {
  const { status, answer } = await send(socketPath, method, path, body, signal).catch((error) => {
    const hint = `see: docker service ps ${PROBE_SERVICES.host}`;
    throw new HttpError(
      503,
      `the probe on the node's own network does not answer (${reason(error)}); ${hint}`,
    );
  });
  if (status === 200) return answer;
  throw new HttpError(
    status,
    String((answer as { error?: unknown }).error ?? `the probe returned ${status}`),
  );
}

/** Without a timeout: the runner has one, and closes its connection, which aborts the signal. */
async function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
) {
  const data = body === undefined ? "" : JSON.stringify(body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(data) };
    const options = { socketPath, method, path, headers, agent: false, ...(signal ? { signal } : {}) };
    http.request(options, resolve).on("error", reject).end(data);
  });
  return { status: response.statusCode ?? 0, answer: JSON.parse(await text(response)) as unknown };
}
