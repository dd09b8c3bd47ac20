import { execFile } from "node:child_process";

/**
 * Runs a program of the image and returns its output. An exit code other than 0 is not an error here: the caller finds the
 * program's message in the output.
 *
 * @param signal ends the program when it is aborted
 * @throws Error if the program does not exist, exceeds the timeout or is aborted
 */
export function runTool(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, killSignal: "SIGKILL", ...(signal ? { signal } : {}) } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (signal?.aborted) reject(new Error(`${file} was aborted`));
      else if (error?.killed) reject(new Error(`${file} took more than ${timeoutMs} ms`));
      else if (error && typeof error.code !== "number") reject(error);
      else resolve(stdout || stderr);
    });
  });
}
