// A JSON server over HTTP, for agents and probes.
import http from "node:http";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { reason } from "./reason.ts";

/** A failed request with its HTTP status. It stays within the server, which sends it to the client as a response. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Handles a request such as `POST /v1/start`. Its result is the response's JSON. */
export type Handler = (body: unknown, query: Record<string, string>) => unknown;

/**
 * Parses a request by its schema.
 *
 * @throws HttpError 400 that lists every error by its path, without the values, which may include a password
 */
export function checked<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new HttpError(400, errors.join("; "));
}

/**
 * Starts a server, and resolves when it listens.
 *
 * @param byRequest the handlers, by method and path
 * @param where a port (0: any free one), or the path of a Unix socket
 */
export function serveJson(byRequest: Record<string, Handler>, where: number | string): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    answer(byRequest, request)
      .then((document) => send(response, 200, document ?? {}))
      .catch((error) => send(response, statusOf(error), { error: reason(error) }));
  });
  // No server timeout: some requests take long, and every client has its own timeout.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(where, () => resolve(server));
  });
}

async function answer(byRequest: Record<string, Handler>, request: http.IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const name = `${request.method} ${url.pathname}`;
  const handler = Object.hasOwn(byRequest, name) ? byRequest[name] : undefined;
  const body = await text(request);
  if (!handler)
    throw new HttpError(404, `unknown request ${name}; known: ${Object.keys(byRequest).join(", ")}`);
  return handler(body === "" ? {} : parse(body), Object.fromEntries(url.searchParams));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpError(400, "the body is not JSON");
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
