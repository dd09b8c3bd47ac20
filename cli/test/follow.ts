import { spawn } from "node:child_process";
import readline from "node:readline";
import { project } from "../lib/paths.ts";
import { isStopping, Stopped, track } from "../lib/signals.ts";

export interface Follow {
  /** @default the project */
  cwd?: string;
  /** Beside those of this process. */
  env?: Record<string, string | undefined>;
  /** Gets each line of standard output. */
  read?: (line: string) => void;
  /** Keeps the lines off the terminal. */
  quiet?: boolean;
}

/** Runs a program and shows its lines as they come. @returns its exit code; null where a signal ended it */
export function follow(file: string, args: string[], options: Follow = {}): Promise<number | null> {
  const { cwd = project, env = {}, read, quiet = false } = options;
  return new Promise((resolve, reject) => {
    if (isStopping()) return reject(new Stopped(`not started: ${file}`));
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.on("error", reject).on("close", resolve);
    track(child);
    readline.createInterface({ input: child.stdout }).on("line", (line) => {
      if (!quiet) console.log(line);
      read?.(line);
    });
  });
}
