import { describeError, SwarmbenchError } from "../../lib/errors.ts";
import { interruption, Stopped } from "./signals.mjs";

/** A {@link SwarmbenchError} without a code of its own. */
export class Problem extends SwarmbenchError {
  /**
   * @param {string} message
   * @param {string} [hint] what fixes it, a sentence or command lines
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message, hint, options) {
    super("failed", message, { hint, cause: options?.cause });
  }
}

/** Runs a command's main function; a Problem is printed without a stack, anything else with one. */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      console.error(error instanceof SwarmbenchError ? `\nerror: ${describeError(error)}` : error);
    }
    process.exitCode = 1;
  }
  if (interruption() !== undefined) {
    console.error("interrupted");
    process.exitCode = interruption();
  }
}
