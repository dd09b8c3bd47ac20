import { execFile } from "node:child_process";
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
    if (code === "ENOENT") throw new Error(`${file} is not installed; run \`npm run setup\``, { cause });
    throw new Error(stderr?.trim() || String(cause), { cause });
  }
};
