import { describeError, EXIT, SwarmbenchError } from "../../contract/errors.ts";

/**
 * Runs a command, prints its error, and sets `process.exitCode`. The exit code that `work` returns is final; otherwise a
 * signal that was received, or an error with an exit code of its own, decides.
 */
export async function runToEnd(work: () => Promise<number | undefined>): Promise<void> {
  try {
    const code = await work();
    if (code !== undefined) {
      process.exitCode = code;
      return;
    }
  } catch (error) {
    if (await endWith(error)) return;
  }
  await endInterrupted();
}

/** Prints an error and sets its exit code. @returns whether that code is final; if not, a received signal decides */
async function endWith(error: unknown): Promise<boolean> {
  // Imported late, because the module handles Ctrl-C from then on.
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
