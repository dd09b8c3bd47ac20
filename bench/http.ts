import type { z } from "zod";

const TIMEOUT_MS = 10_000;

/** An answer that is no success. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface Request {
  /** @default "GET" */
  method?: "GET" | "POST" | "PUT";
  /** The value of the header `Authorization`. */
  authorization?: string | undefined;
  /** What is sent as JSON. */
  json?: object;
  /** What is sent as a multipart form instead. */
  form?: Record<string, string>;
}

/**
 * One request to a JSON API, without cookies.
 *
 * @param answer what a success must hold
 * @throws Refusal, whose message has no secret as long as path and answer have none
 */
export async function ask<S extends z.ZodType>(
  answer: S,
  base: string,
  path: string,
  { method = "GET", authorization, json, form }: Request = {},
): Promise<z.output<S>> {
  const response = await fetch(new URL(path, base), {
    method,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(json ? { "content-type": "application/json" } : {}),
    },
    ...(json ? { body: JSON.stringify(json) } : {}),
    ...(form ? { body: multipart(form) } : {}),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error) => {
    throw unreachable(error);
  });
  const body = parse(await response.text());
  if (!response.ok) {
    throw new Refusal(`${method} ${path} was answered ${response.status}${messageIn(body)}`, response.status);
  }
  const parsed = answer.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join(".") || "all of it").join(", ");
  throw new Error(`${method} ${path} was answered with something unexpected: ${where}`);
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** fetch itself says no more than that it failed. */
function unreachable(error: Error & { cause?: { message?: string; code?: string } }): Error {
  return new Error(error.cause?.message || error.cause?.code || error.message);
}

function multipart(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageIn(body: unknown): string {
  const { message, details } = (body ?? {}) as { message?: unknown; details?: unknown };
  const said = [message, details].filter((each) => typeof each === "string" && each !== "");
  return said.length > 0 ? `: ${said.join(", ")}` : "";
}
