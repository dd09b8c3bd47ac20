import type { ErrorKind } from "./port.ts";

/** What is looked into: an error, and what it was made of. */
interface Nested {
  name?: string;
  type?: unknown;
  code?: unknown;
  apiId?: unknown;
  apiCode?: unknown;
  cause?: unknown;
  originalError?: unknown;
  errors?: unknown;
}

/** kafkajs has Kafka's name in `type`, @platformatic/kafka in `apiId`; the system's is in `code`. */
export const errorKind: ErrorKind = (error) => kafkaName(error, 0) ?? systemName(error, 0) ?? nameOf(error);

/** Errors are nested in each other a few levels deep. */
const DEEPEST = 5;

function kafkaName(error: unknown, depth: number): string | undefined {
  const { type, apiId } = (error ?? {}) as Nested;
  if (typeof type === "string" && /^[A-Z][A-Z_]+$/.test(type)) return type;
  if (typeof apiId === "string") return apiId;
  return within(error, depth, kafkaName);
}

function systemName(error: unknown, depth: number): string | undefined {
  const { code } = (error ?? {}) as Nested;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
  return within(error, depth, systemName);
}

function within(
  error: unknown,
  depth: number,
  find: (error: unknown, depth: number) => string | undefined,
): string | undefined {
  if (depth === DEEPEST || typeof error !== "object" || error === null) return undefined;
  const { cause, originalError, errors } = error as Nested;
  // Of several attempts the last one tells.
  for (const inner of [cause, originalError, ...(Array.isArray(errors) ? errors.toReversed() : [])]) {
    const name = inner === undefined ? undefined : find(inner, depth + 1);
    if (name !== undefined) return name;
  }
  return undefined;
}

function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as Nested;
  if (typeof code === "string") return code;
  return name ?? typeof error;
}
