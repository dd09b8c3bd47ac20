import { interruption, Stopped } from "./signals.ts";

/** An error for the user: what failed, and what to do next. */
export class Problem extends Error {
  /** @param next the next thing to do, a sentence or command lines */
  constructor(message: string, next?: string, options?: ErrorOptions) {
    super(next ? `${message}\n\n${next}` : message, options);
  }
}

/** Runs a command's main function. Prints a {@link Problem} without its stack, any other error with it. */
export async function main(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      console.error(error instanceof Problem ? `\nerror: ${error.message}` : error);
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
