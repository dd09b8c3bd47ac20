// Runs scripts on the swarm's manager and on nodes, over the system's ssh.
import { SwarmbenchError } from "../../contract/errors.ts";
import { followProgram, runProgram } from "../../lib/exec.ts";

/** ssh's exit code when the connection was lost or was never made (ssh(1), "EXIT STATUS"). */
export const CONNECTION_LOST = 255;

/** How a script ended, and its output. */
export interface ScriptResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a script on the manager. The script goes through standard input, so that no process list shows its content. ssh runs
 * in its own process group, so that Ctrl-C reaches only swarmbench, which then stops the run cleanly.
 *
 * @param ssh arguments of ssh
 */
export function runScript(ssh: readonly string[], script: string): Promise<ScriptResult> {
  return resultOf("ssh", [...ssh, "sh -s"], script);
}

/**
 * Runs a script through a shell command line.
 *
 * @param command such as `ssh -F file user@host` or `sh -c`
 */
export function runScriptBy(command: string, script: string): Promise<ScriptResult> {
  return resultOf("sh", ["-c", `${command} 'sh -s'`], script);
}

/** What a script printed. @throws SwarmbenchError node-failed that begins with `where`, if the script failed */
export function outputOf(where: string, { code, stdout, stderr }: ScriptResult): string {
  if (code === 0) return stdout;
  throw new SwarmbenchError("node-failed", `${where}: ${stderr.trim() || `exit code ${code}`}`);
}

/** Runs a script on the manager and passes on its output line by line. @returns its exit code */
export async function followScript(
  ssh: readonly string[],
  script: string,
  take: { onLine: (line: string) => void; onErrorLine: (line: string) => void },
): Promise<number> {
  return (await followProgram("ssh", [...ssh, "sh -s"], { input: script, ...take })) ?? CONNECTION_LOST;
}

async function resultOf(file: string, args: string[], script: string): Promise<ScriptResult> {
  const { code, stdout, stderr } = await runProgram(file, args, { input: script, detached: true });
  return { code: code ?? CONNECTION_LOST, stdout, stderr };
}
