// JSON over HTTP, as agents and probes answer it.
import http from "node:http";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { reason } from "./problem.ts";

/** An answer that is no success, with its HTTP status. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What answers a request such as `POST /v1/start`. */
export type Handler = (body: unknown, query: Record<string, string>) => unknown;

/** @throws HttpError with every error; values are not told, since a password may be among them */
export function checked<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "all"}: ${message}`);
  throw new HttpError(400, errors.join("; "));
}

/** @param where a port (0: any that is free), or the path of a Unix socket */
export function serveJson(byRequest: Record<string, Handler>, where: number | string): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    answer(byRequest, request)
      .then((document) => send(response, 200, document ?? {}))
      .catch((error) => send(response, statusOf(error), { error: reason(error) }));
  });
  // Some of what is asked for takes its time: who asks has a time-out of its own.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(where, () => resolve(server));
  });
}

async function answer(byRequest: Record<string, Handler>, request: http.IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://here");
  const name = `${request.method} ${url.pathname}`;
  const handler = Object.hasOwn(byRequest, name) ? byRequest[name] : undefined;
  const body = await text(request);
  if (!handler)
    throw new HttpError(404, `there is no ${name}; there are ${Object.keys(byRequest).join(", ")}`);
  return handler(body === "" ? {} : parse(body), Object.fromEntries(url.searchParams));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpError(400, "the body is no JSON document");
  }
}

function statusOf(error: unknown): number {
  return error instanceof HttpError ? error.status : 500;
}

function send(response: http.ServerResponse, status: number, document: unknown): void {
  const body = JSON.stringify(document);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
