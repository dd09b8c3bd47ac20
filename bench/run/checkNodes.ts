import { SwarmbenchError } from "../../contract/errors.ts";
import { onNodes } from "./allocation.ts";
import type { StepOrder } from "./stepOrder.ts";

/** Checks that both services run on every node of the step, so that its number of nodes is true. @throws SwarmbenchError */
export function checkNodes({ fleet, workload }: Pick<StepOrder, "fleet" | "workload">): void {
  const { nodes } = workload;
  if (nodes === undefined) return;
  for (const [service, agents] of Object.entries({
    producers: fleet.producers,
    consumers: fleet.consumers,
  })) {
    const chosen = onNodes([...fleet.producers, ...fleet.consumers], nodes).map(({ node }) => node);
    const used = new Set(agents.map(({ node }) => node).filter((node) => chosen.includes(node)));
    if (used.size >= nodes) continue;
    throw new SwarmbenchError(
      "agent-failed",
      `the ${service} run on ${used.size} of the ${nodes} nodes of the step`,
      {
        hint: `Set ${service}.tasks to the number of agent nodes or more, and see where they run: docker service ps ${service}`,
      },
    );
  }
}
