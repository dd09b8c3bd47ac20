import { execFile } from "node:child_process";

/**
 * Runs a program of the image. One that ends badly tells why in what it prints, which is the caller's to read.
 *
 * @throws Error where it is missing, or took too long
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
