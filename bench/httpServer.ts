// A JSON server over HTTP, for agents and probes. It rejects requests without the stack's token.
import http from "node:http";
import type { Socket } from "node:net";
import type { z } from "zod";
import { plainMessage } from "../contract/plainMessage.ts";
import { reason } from "./reason.ts";
import { hasToken } from "./token.ts";

/** The failure of a request, with its HTTP status. The server sends it to the client as a response. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Handles a request such as `POST /v1/start`. Its result is the response's JSON. The signal is aborted when the client
 * closes its connection before it has the response.
 */
export type Handler = (body: unknown, query: Record<string, string>, signal: AbortSignal) => unknown;

/** The token that a server requires, and the limits of its requests. */
export interface ServerLimits {
  /** The stack's token, which every request must have. Absent: every client that can connect is trusted, as on a Unix socket. */
  token?: string;
  /** Largest body of a request, bytes. @default 1 MiB */
  maxBodyBytes?: number;
  /** Time limit for a request's headers, ms. Allows for a busy process that reads its sockets late. @default 20,000 */
  headersMs?: number;
  /** Time limit for a whole request with its body, ms. @default 60,000 */
  requestMs?: number;
}

const MAX_BODY_BYTES = 2 ** 20;
const HEADERS_MS = 20_000;
const REQUEST_MS = 60_000;
/** Time between two checks of the time limits above. */
const CHECK_EVERY_MS = 1_000;
const MAX_CONNECTIONS = 1_024;
/** Largest number of connections of one address that have not sent the token yet. One more closes the oldest of them. */
const MAX_UNAUTHENTICATED = 16;

/**
 * Parses a request by its schema.
 *
 * @throws HttpError 400 that lists every error by its path, without the values, which may include a password
 */
export function checked<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const parsed = schema.safeParse(document, { error: plainMessage });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new HttpError(400, errors.join("; "));
}

/**
 * Starts a server, and resolves when it listens.
 *
 * @param byRequest the handlers, by method and path
 * @param where a port (0: any free one) of all addresses or of one, or the path of a Unix socket
 */
export function serveJson(
  byRequest: Record<string, Handler>,
  where: number | string | { port: number; host: string },
  limits: ServerLimits = {},
): Promise<http.Server> {
  const unauthenticated = new UnauthenticatedConnections();
  const server = http.createServer(
    {
      headersTimeout: limits.headersMs ?? HEADERS_MS,
      requestTimeout: limits.requestMs ?? REQUEST_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    (request, response) => {
      answer(byRequest, request, response, limits, unauthenticated)
        .then((document) => send(response, 200, document ?? {}))
        .catch((error) => send(response, statusOf(error), { error: reason(error) }));
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  if (limits.token !== undefined) server.on("connection", (socket) => unauthenticated.add(socket));
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(where, () => resolve(server));
  });
}

/** The connections that have not sent the token yet. Those of one address cannot displace those of another. */
class UnauthenticatedConnections {
  private readonly byAddress = new Map<string, Set<Socket>>();

  add(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const sockets = this.byAddress.get(address) ?? new Set();
    this.byAddress.set(address, sockets.add(socket));
    socket.once("close", () => this.remove(socket, address));
    const [oldest] = sockets;
    if (sockets.size > MAX_UNAUTHENTICATED) oldest?.destroy();
  }

  remove(socket: Socket, address = socket.remoteAddress ?? ""): void {
    const sockets = this.byAddress.get(address);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.byAddress.delete(address);
  }
}

async function answer(
  byRequest: Record<string, Handler>,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { token, maxBodyBytes = MAX_BODY_BYTES }: ServerLimits,
  unauthenticated: UnauthenticatedConnections,
): Promise<unknown> {
  if (token !== undefined && !hasToken(request.headers.authorization, token)) {
    throw new HttpError(401, "the token is missing, or is not that of this stack");
  }
  unauthenticated.remove(request.socket);
  const url = urlOf(request);
  const name = `${request.method} ${url.pathname}`;
  const handler = Object.hasOwn(byRequest, name) ? byRequest[name] : undefined;
  if (!handler)
    throw new HttpError(404, `unknown request ${name}; expected one of ${Object.keys(byRequest).join(", ")}`);
  const disconnected = new AbortController();
  response.once("close", () => disconnected.abort());
  const body = await bodyOf(request, maxBodyBytes);
  return handler(body === "" ? {} : parse(body), Object.fromEntries(url.searchParams), disconnected.signal);
}

function urlOf(request: http.IncomingMessage): URL {
  try {
    return new URL(request.url ?? "/", "http://localhost");
  } catch {
    throw new HttpError(400, "the request's address is invalid");
  }
}

async function bodyOf(request: http.IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = () => new HttpError(413, `the body is larger than ${maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        chunks.length = 0;
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
  });
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

/** Sends a response. Closes the connection of a request that was rejected before its body was read, so the body is not needed. */
function send(response: http.ServerResponse, status: number, document: unknown): void {
  if (response.destroyed) return;
  const body = JSON.stringify(document);
  const isUnread = !response.req.complete;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(isUnread || status === 401 ? { connection: "close" } : {}),
  });
  response.end(body);
}
