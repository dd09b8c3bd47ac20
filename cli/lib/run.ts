import { SwarmbenchError } from "../../contract/errors.ts";
import { type RunOptions, runProgram } from "../../lib/exec.ts";
import { isStopping, Stopped, track } from "./signals.ts";

/** How {@link run} runs a program. */
export interface CommandOptions extends Pick<RunOptions, "cwd" | "env"> {
  /** Sends its output to the terminal; none of it is returned. */
  show?: boolean;
  /** Lets it end by itself when this process is stopping (a package manager). */
  mustEnd?: boolean;
  /** Like `mustEnd`; also starts it although this process is stopping. */
  cleanUp?: boolean;
}

const TAIL_CHARS = 8000;
const TAIL_LINES = 25;

/**
 * Runs a program and returns its standard output.
 *
 * @throws SwarmbenchError `program-failed` with the last lines of its output, `program-missing` if it is not installed
 * @throws Stopped if this process is stopping and the program was not started or was interrupted
 */
export async function run(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, show = false, mustEnd = false, cleanUp = false } = options;
  if (isStopping() && !cleanUp) throw new Stopped(`not started: ${file}`);
  const isInterruptible = !mustEnd && !cleanUp;
  const ending = show ? "terminal" : isInterruptible ? "interrupt" : "mustEnd";
  const ended = await runProgram(file, args, {
    cwd,
    env,
    show,
    detached: !show,
    onStart: (child) => track(child, ending),
  });
  if (ended.code === 0) return ended.stdout;
  if (isStopping() && isInterruptible) throw new Stopped(`interrupted: ${file}`);
  const tail = ended.output.slice(-TAIL_CHARS).trim().split("\n").slice(-TAIL_LINES).join("\n");
  const command = [file, ...args].join(" ");
  throw new SwarmbenchError(
    "program-failed",
    `${command}\nended with ${ended.signal ?? ended.code}${tail && `:\n${tail}`}`,
  );
}

/**
 * Runs a program that only reads and returns its trimmed output; undefined if it fails or is not installed.
 *
 * @throws Stopped as {@link run} does: there is no answer then, which must not count as the answer no
 */
export async function ask(
  file: string,
  args: string[],
  options?: CommandOptions,
): Promise<string | undefined> {
  try {
    return (await run(file, args, options)).trim();
  } catch (error) {
    if (error instanceof SwarmbenchError) return undefined;
    throw error;
  }
}
