import { execFile } from "node:child_process";

/**
 * Runs a program of the image and returns its output. An exit code other than 0 is no error here: the caller reads the
 * program's message in the output.
 *
 * @throws Error if the program does not exist or exceeds the timeout
 */
export function runTool(file: string, args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`${file} took more than ${timeoutMs} ms`));
      else if (error && typeof error.code !== "number") reject(error);
      else resolve(stdout || stderr);
    });
  });
}
