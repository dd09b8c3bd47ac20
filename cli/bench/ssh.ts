// Scripts on the swarm's manager, over the system's ssh.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** ssh's own exit code: the line is cut, or there never was one. */
export const LINE_LOST = 255;

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Starts a script on the manager. The script goes through standard input, so that nothing of it shows in process lists.
 * Not in our process group: a Ctrl-C is for us alone, who then end things in order.
 */
export function start(ssh: readonly string[], script: string): ChildProcessWithoutNullStreams {
  return startScript("ssh", [...ssh, "sh -s"], script);
}

function startScript(file: string, args: readonly string[], script: string): ChildProcessWithoutNullStreams {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin.on("error", () => {}); // it ended before it read all: its exit code tells
  child.stdin.end(script);
  return child;
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? LINE_LOST));
  });
}

/** Runs a script to its end. */
export function run(ssh: readonly string[], script: string): Promise<Answer> {
  return answerOf(start(ssh, script));
}

/** The same, where the line is told as a shell's words: `ssh -F file user@host`. */
export function runBy(words: string, script: string): Promise<Answer> {
  return answerOf(startScript("sh", ["-c", `${words} 'sh -s'`], script));
}

async function answerOf(child: ChildProcessWithoutNullStreams): Promise<Answer> {
  const [code, stdout, stderr] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
