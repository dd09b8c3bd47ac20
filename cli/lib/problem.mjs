import { interruption, Stopped } from "./signals.mjs";

/** An error for the user: what is wrong, and what to do next. */
export class Problem extends Error {
  /** @param {string} message @param {string} [next] the next thing to do, a sentence or command lines */
  constructor(message, next, options) {
    super(next ? `${message}\n\n${next}` : message, options);
  }
}

/** Runs a command's main function; a Problem is printed without a stack, anything else with one. */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      console.error(error instanceof Problem ? `\nerror: ${error.message}` : error);
    }
    process.exitCode = 1;
  }
  if (interruption() !== undefined) {
    console.error("interrupted");
    process.exitCode = interruption();
  }
}
