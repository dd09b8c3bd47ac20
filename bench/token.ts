// The stack's token: the runner sends it to agents and probes, and it is the key of the timestamp exchange.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { SwarmbenchError } from "../contract/errors.ts";
import { TOKEN } from "../contract/target.ts";
import { reason } from "./reason.ts";

/**
 * Reads a secret that Swarm puts into a task as a file.
 *
 * @throws SwarmbenchError `service-failed` if it cannot be read or is empty
 */
export function readSecret(file: string): string {
  let text = "";
  let cause: unknown;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    cause = error;
  }
  if (text !== "") return text;
  const why = cause === undefined ? "it is empty" : reason(cause);
  throw new SwarmbenchError("service-failed", `cannot read the secret ${file}: ${why}`, {
    hint: "`pulumi up` gives it to the task as a secret of the swarm: run it again.",
    cause,
  });
}

/** Reads the stack's token from a file. @throws SwarmbenchError `service-failed` if it is missing or invalid */
export function readToken(file: string): string {
  const token = readSecret(file);
  if (TOKEN.test(token)) return token;
  throw new SwarmbenchError(
    "service-failed",
    `the token in ${file} is invalid: it was not created by \`pulumi up\``,
    {
      hint: "Create it again: pulumi up",
    },
  );
}

/** The `Authorization` header with a token (RFC 6750). */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** Whether a request's `Authorization` header has the token. Compares in constant time. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  return timingSafeEqual(digest(authorization ?? ""), digest(bearer(token)));
}

/** A digest has the same length for all texts, which timingSafeEqual requires. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
