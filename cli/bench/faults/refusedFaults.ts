// Faults that the nodes of a stack cannot have, found before the run begins.
import { SwarmbenchError } from "../../../contract/errors.ts";
import { targetOf } from "../../../contract/faultPlan.ts";
import type { Fault } from "../../../contract/faults.ts";
import { runProgram } from "../../../lib/exec.ts";
import { checkScript, type FaultNode, onNode } from "../../../lib/faults/scripts.ts";
import type { FaultStack } from "./faultRun.ts";

/** Longest wait for one node. */
const TIMEOUT_MS = 30_000;

/** Asks a node which of some faults it cannot have. @returns a line `FAULT WHY` each; tests replace it */
type Check = (node: FaultNode, faults: readonly string[], labels: readonly string[]) => Promise<string>;

/**
 * Asks the nodes that faults may hit whether they can have them.
 *
 * @returns one line for each fault and node that cannot, without repetitions
 * @throws SwarmbenchError `node-failed` that names a node which does not answer
 */
export async function refusedFaults(
  faults: readonly Fault[],
  { nodes, labels }: Pick<FaultStack, "nodes" | "labels">,
  check: Check = checkNode,
): Promise<string[]> {
  const byNode = new Map<FaultNode, Set<string>>();
  for (const fault of faults) {
    for (const node of nodesHit(fault, [...nodes.values()])) {
      byNode.set(node, new Set([...(byNode.get(node) ?? []), ...needsOf(fault)]));
    }
  }
  const answers = await Promise.all([...byNode].map(([node, needs]) => check(node, [...needs], labels)));
  const lines = answers.flatMap((text) => text.split("\n").filter(Boolean));
  return [...new Set(lines)].map((line) => {
    const [fault, ...why] = line.split(" ");
    return `benchmark.faults: ${fault}: ${why.join(" ")}`;
  });
}

/** The nodes that a fault may hit: with a role as its target, those of all brokers. */
function nodesHit(fault: Fault, nodes: readonly FaultNode[]): readonly FaultNode[] {
  const target = targetOf(fault);
  return target.kind === "broker" ? nodes.slice(target.number - 1, target.number) : nodes;
}

/** What is to be checked for a fault (lib/faults/node/check.sh). */
function needsOf({ fault, delayMs, lossPercent }: Fault): string[] {
  if (fault !== "broker-link") return [fault];
  return [fault, delayMs === undefined && lossPercent === undefined ? "tbf" : "netem"];
}

const checkNode: Check = async (node, faults, labels) => {
  const { code, stdout, stderr } = await runProgram("sh", ["-c", onNode(node, checkScript(faults, labels))], {
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) {
    const why = stderr.trim() || `exit code ${code}`;
    throw new SwarmbenchError("node-failed", `faults need all nodes of the brokers: ${node.name}: ${why}`);
  }
  return stdout;
};
