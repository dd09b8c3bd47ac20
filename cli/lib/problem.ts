import { SwarmbenchError } from "../../contract/errors.ts";

/** A {@link SwarmbenchError} that has no code of its own. */
export class Problem extends SwarmbenchError {
  /** @param hint what fixes it, a sentence or command lines */
  constructor(message: string, hint?: string, { cause }: ErrorOptions = {}) {
    super("failed", message, { hint, cause });
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
