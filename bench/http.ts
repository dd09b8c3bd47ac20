import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import type { z } from "zod";

const TIMEOUT_MS = 10_000;

/** A response whose status is not 2xx. The status is for callers; users see only the message. */
export class HttpStatusError extends Error {
  override name = "HttpStatusError";

  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The options of {@link ask}. */
export interface Request {
  /** @default "GET" */
  method?: "GET" | "POST" | "PUT";
  /** The value of the header `Authorization`. */
  authorization?: string | undefined;
  /** The body, sent as JSON. */
  json?: object;
  /** The body, sent as a multipart form. */
  form?: Record<string, string>;
  /** Covers connecting and the response. @default 10,000 */
  timeoutMs?: number;
}

/**
 * Sends one request to a JSON API, without cookies.
 *
 * @param answer the schema of a successful response
 * @throws HttpStatusError with the status and the server's message; Error if the response does not match the schema
 */
export async function ask<S extends z.ZodType>(
  answer: S,
  base: string,
  path: string,
  request: Request = {},
): Promise<z.output<S>> {
  const what = `${request.method ?? "GET"} ${path}`;
  const { status, body } = await send(new URL(path, base), request);
  if (status < 200 || status > 299) {
    throw new HttpStatusError(`${what} returned ${status}${messageIn(body)}`, status);
  }
  const parsed = answer.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join(".") || "the whole document").join(", ");
  throw new Error(`${what} returned an unexpected document: ${where}`);
}

/** Without `fetch`: in Node 20 it hangs when a server or proxy closes a connection right after accepting it. */
async function send(
  url: URL,
  { method = "GET", authorization, json, form, timeoutMs = TIMEOUT_MS }: Request,
): Promise<{ status: number; body: unknown }> {
  const content = contentOf(json, form);
  const data = content && Buffer.from(await content.arrayBuffer());
  const headers: http.OutgoingHttpHeaders =
    content && data
      ? { "content-type": content.headers.get("content-type") ?? "", "content-length": data.length }
      : {};
  if (authorization !== undefined) headers.authorization = authorization;
  const { request } = url.protocol === "https:" ? https : http;
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    request(url, { method, headers, signal, agent: false })
      .on("response", resolve)
      .on("error", (error) =>
        reject(signal.aborted ? new Error(`no response within ${timeoutMs} ms`) : error),
      )
      .end(data);
  });
  const response = await answered;
  return { status: response.statusCode ?? 0, body: parse(await text(response)) };
}

function contentOf(json?: object, form?: Record<string, string>): Response | undefined {
  if (json) return Response.json(json);
  if (!form) return undefined;
  const fields = new FormData();
  for (const [name, value] of Object.entries(form)) fields.set(name, value);
  return new Response(fields);
}

/** The value of an `Authorization` header with a user name and a password (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function parse(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    return undefined;
  }
}

function messageIn(body: unknown): string {
  const { message, details, error } = (body ?? {}) as {
    message?: unknown;
    details?: unknown;
    error?: unknown;
  };
  const texts = [message, details, error].filter((each) => typeof each === "string" && each !== "");
  return texts.length > 0 ? `: ${texts.join(", ")}` : "";
}
