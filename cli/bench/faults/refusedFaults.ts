// Faults that the nodes of a stack cannot have, found before the run begins.
import { targetOf } from "../../../contract/faultPlan.ts";
import type { Fault } from "../../../contract/faults.ts";
import { askNode } from "../../../lib/faults/ask.ts";
import { checkScript, type FaultNode } from "../../../lib/faults/scripts.ts";
import type { FaultStack } from "./faultRun.ts";

/** Asks a node which of some faults it cannot have. @returns a line `FAULT WHY` each; tests replace it */
type Check = (node: FaultNode, faults: readonly string[], labels: readonly string[]) => Promise<string>;

/**
 * Asks the nodes that faults may hit whether they can have them.
 *
 * @returns one line for each fault and node that cannot, without repetitions
 * @throws Error that says why a node does not answer
 */
export async function refusedFaults(
  faults: readonly Fault[],
  { nodes, here, labels }: Pick<FaultStack, "nodes" | "here" | "labels">,
  check: Check = checkNode,
): Promise<string[]> {
  const byNode = new Map<FaultNode, Set<string>>();
  const add = (node: FaultNode, needs: readonly string[]) =>
    byNode.set(node, new Set([...(byNode.get(node) ?? []), ...needs]));
  const notLocal: string[] = [];
  for (const fault of faults) {
    const hit = nodesHit(fault, [...nodes.values()]);
    for (const node of hit) add(node, needsOf(fault));
    if (fault.fault !== "node-kill") continue;
    add(here, ["here"]);
    notLocal.push(...hit.filter(({ container }) => container === undefined).map(({ name }) => name));
  }
  const answers = await Promise.all([...byNode].map(([node, needs]) => check(node, [...needs], labels)));
  const lines = [
    ...notLocal.map(
      (name) =>
        `node-kill ${name} is not known to be a local node, and another one might not start again; use engine-kill, or if it is one, bring the stack up to date: pulumi up`,
    ),
    ...answers.flatMap((text) => text.split("\n").filter(Boolean)),
  ];
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

const checkNode: Check = (node, faults, labels) => askNode(node, checkScript(faults, labels));
