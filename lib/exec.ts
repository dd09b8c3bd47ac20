import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Output of a program of this machine. Throws with what it printed as the message. */
export type Exec = (file: string, args: string[], options?: { timeoutMs?: number }) => Promise<string>;

export const exec: Exec = async (file, args, { timeoutMs = 30_000 } = {}) => {
  try {
    const { stdout } = await run(file, args, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    const { stderr, code } = cause as { stderr?: string; code?: string | number };
    if (code === "ENOENT") throw new Error(notInstalled(file), { cause });
    throw new Error(stderr?.trim() || String(cause), { cause });
  }
};

/** How a program ended; its code is undefined where it was killed. */
export interface Answer {
  code: number | undefined;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** Like {@link Exec}, for who judges by how a program ended. Its input is on standard input. */
export type Ask = (
  file: string,
  args: string[],
  options: { input: string; timeoutMs: number; signal?: AbortSignal },
) => Promise<Answer>;

export const ask: Ask = (file, args, { input, timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    // Not in our process group: a Ctrl-C is for us alone, who then end things in order.
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    let [stdout, stderr, timedOut] = ["", "", false];
    child.stdout.setEncoding("utf8").on("data", (data) => {
      stdout += data;
    });
    child.stderr.setEncoding("utf8").on("data", (data) => {
      stderr += data;
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill();
    }, timeoutMs);
    const cut = () => child.kill();
    signal?.addEventListener("abort", cut, { once: true });
    if (signal?.aborted) cut();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cut);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(error.code === "ENOENT" ? new Error(notInstalled(file), { cause: error }) : error);
    });
    child.on("close", (code) => {
      done();
      resolve({ code: code ?? undefined, stdout, stderr, timedOut });
    });
    child.stdin.on("error", () => {}); // it ended before it read all: its code tells
    child.stdin.end(input);
  });

function notInstalled(file: string): string {
  return `${file} is not installed; run \`npm run setup\``;
}
