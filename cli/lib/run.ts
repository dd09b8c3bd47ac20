import { NotStarted, type RunOptions, runProgram } from "../../lib/exec.ts";
import { Problem } from "./problem.ts";
import { isStopping, Stopped, track } from "./signals.ts";

/** How {@link run} runs a program. */
export interface CommandOptions extends Pick<RunOptions, "cwd" | "env"> {
  /** Its output goes to the terminal instead of the caller. */
  show?: boolean;
  /** It is not cut off when we stop (a package manager). */
  mustEnd?: boolean;
  /** Neither is it cut off, and it is run although we stop. */
  cleanUp?: boolean;
}

const TAIL_CHARS = 8000;
const TAIL_LINES = 25;

/**
 * Runs a program and returns its standard output.
 *
 * @throws Problem with the last lines of its output
 * @throws Stopped where we stop, and it was not begun or was cut off
 */
export async function run(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, show = false, mustEnd = false, cleanUp = false } = options;
  if (isStopping() && !cleanUp) throw new Stopped(`not begun: ${file}`);
  const toItsEnd = mustEnd || cleanUp;
  const how = show ? "terminal" : toItsEnd ? "mustEnd" : "cut";
  try {
    const ended = await runProgram(file, args, {
      cwd,
      env,
      show,
      detached: !show,
      onStart: (child) => track(child, how),
    });
    if (ended.code === 0) return ended.stdout;
    if (isStopping() && !toItsEnd) throw new Stopped(`cut off: ${file}`);
    const tail = ended.output.slice(-TAIL_CHARS).trim().split("\n").slice(-TAIL_LINES).join("\n");
    const command = [file, ...args].join(" ");
    throw new Problem(`${command}\nended with ${ended.signal ?? ended.code}${tail && `:\n${tail}`}`);
  } catch (error) {
    if (error instanceof NotStarted) throw new Problem(error.message, undefined, { cause: error });
    throw error;
  }
}

/** The trimmed output of a program, undefined where it fails or is missing: for questions, not for actions. */
export async function ask(
  file: string,
  args: string[],
  options?: CommandOptions,
): Promise<string | undefined> {
  try {
    return (await run(file, args, options)).trim();
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error; // Stopped: no answer, which is not the answer no
  }
}
