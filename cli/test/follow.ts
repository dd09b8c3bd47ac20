import { runProgram } from "../../lib/exec.ts";
import { project } from "../lib/paths.ts";
import { isStopping, Stopped, track } from "../lib/signals.ts";

/** How {@link follow} runs a program. */
export interface FollowOptions {
  /** @default the project */
  cwd?: string;
  /** Variables in addition to this process's environment. */
  env?: Record<string, string | undefined>;
  /** Called with each line of standard output. */
  read?: (line: string) => void;
  /** Does not print the lines. */
  quiet?: boolean;
}

/**
 * Runs a program and prints its lines as they are written.
 *
 * @returns its exit code; undefined if it was killed
 * @throws Stopped if this process is stopping
 */
export async function follow(
  file: string,
  args: string[],
  options: FollowOptions = {},
): Promise<number | undefined> {
  const { cwd = project, env, read, quiet = false } = options;
  if (isStopping()) throw new Stopped(`not started: ${file}`);
  const onLine = (line: string) => {
    if (!quiet) console.log(line);
    read?.(line);
  };
  const { code } = await runProgram(file, args, { cwd, env, showErrors: true, onLine, onStart: track });
  return code;
}
