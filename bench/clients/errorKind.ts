import type { ErrorKind } from "./port.ts";

/** The fields of an error that name its kind or lead to the error inside it. */
interface Nested {
  name?: string;
  type?: unknown;
  code?: unknown;
  apiId?: unknown;
  cause?: unknown;
  originalError?: unknown;
  errors?: unknown;
}

/**
 * Names an error by Kafka's name for it, else by the operating system's, else by its own. kafkajs has Kafka's name in `type`,
 * @platformatic/kafka in `apiId`; the operating system's is in `code`.
 */
export const errorKind: ErrorKind = (error) => kafkaName(error, 0) ?? systemName(error, 0) ?? nameOf(error);

/**
 * Whether a broker answered a request with this error. Otherwise the request timed out or the connection was lost, so that it is
 * not known what became of it.
 */
export function isAnswer(error: unknown): boolean {
  const name = kafkaName(error, 0);
  return name !== undefined && name !== "REQUEST_TIMED_OUT";
}

/** Errors are nested, but only a few levels deep. */
const MAX_DEPTH = 5;

function kafkaName(error: unknown, depth: number): string | undefined {
  const { type, apiId } = (error ?? {}) as Nested;
  if (typeof type === "string" && /^[A-Z][A-Z_]+$/.test(type)) return type;
  if (typeof apiId === "string") return apiId;
  return findInside(error, depth, kafkaName);
}

function systemName(error: unknown, depth: number): string | undefined {
  const { code } = (error ?? {}) as Nested;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
  return findInside(error, depth, systemName);
}

function findInside(
  error: unknown,
  depth: number,
  find: (error: unknown, depth: number) => string | undefined,
): string | undefined {
  if (depth === MAX_DEPTH || typeof error !== "object" || error === null) return undefined;
  const { cause, originalError, errors } = error as Nested;
  // Of several attempts, the last one has the most recent cause.
  const attempts = Array.isArray(errors) ? errors.toReversed() : [];
  for (const inner of [cause, originalError, ...attempts]) {
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
