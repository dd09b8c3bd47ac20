import { describeError, EXIT, SwarmbenchError } from "../../contract/errors.ts";

/**
 * Runs a program's main function to its end, prints its error, and sets `process.exitCode`: the code that the function
 * returned, else the code of its error, else the code of the signal that stopped it.
 */
export async function runMain(run: () => Promise<number | undefined>): Promise<void> {
  try {
    const code = await run();
    if (code !== undefined) {
      process.exitCode = code;
      return;
    }
  } catch (error) {
    if (await reportError(error)) return;
  }
  await endInterrupted();
}

/** Prints an error and sets its exit code. @returns whether the code is final; if not, a signal overrides it */
async function reportError(error: unknown): Promise<boolean> {
  const { Stopped } = await import("./signals.ts");
  process.exitCode = EXIT.failed;
  if (error instanceof Stopped) return false;
  console.error(`error: ${describeError(error)}`);
  if (!(error instanceof SwarmbenchError)) return false;
  process.exitCode = error.exitCode;
  return error.exitCode !== EXIT.failed;
}

async function endInterrupted(): Promise<void> {
  const { interruption } = await import("./signals.ts");
  const code = interruption();
  if (code === undefined) return;
  console.error("interrupted");
  process.exitCode = code;
}
