import { describeError, SwarmbenchError } from "../../contract/errors.ts";
import { interruption, Stopped } from "./signals.ts";

/** A {@link SwarmbenchError} that has no code of its own. */
export class Problem extends SwarmbenchError {
  /** @param hint what fixes it, a sentence or command lines */
  constructor(message: string, hint?: string, { cause }: ErrorOptions = {}) {
    super("failed", message, { hint, cause });
  }
}

/** Runs a command's main function. Prints a {@link SwarmbenchError} without its stack, any other error with it. */
export async function main(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      console.error(error instanceof SwarmbenchError ? `\nerror: ${describeError(error)}` : error);
    }
    process.exitCode = 1;
  }
  const code = interruption();
  if (code !== undefined) {
    console.error("interrupted");
    process.exitCode = code;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
