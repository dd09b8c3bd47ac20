// Runs a short script on a node.
import { runProgram } from "../exec.ts";
import { type FaultNode, onNode } from "./scripts.ts";

/** Longest wait for one node. */
const TIMEOUT_MS = 60_000;

/** The output of a script on a node. @throws Error that says why the node does not answer */
export async function askNode(node: FaultNode, text: string): Promise<string> {
  const { code, stdout, stderr, timedOut } = await runProgram("sh", ["-c", onNode(node, text)], {
    timeoutMs: TIMEOUT_MS,
    detached: true,
  });
  if (code === 0) return stdout;
  const why = timedOut ? `no answer within ${TIMEOUT_MS / 1_000} s` : stderr.trim() || `exit code ${code}`;
  throw new Error(`${node.name}: ${why}`);
}
