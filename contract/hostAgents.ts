// Agents on the nodes' own network (`swarm.network: host`): where they listen, and where the runner looks for them. components/ and
// bench/ share it.
import type { AgentRole } from "./request.ts";

/** Largest number of tasks of each agent service. */
export const MOST_AGENT_TASKS = 200;

/** The port below that of a service's first task. */
const BELOW_FIRST = { producer: 7100, consumer: 7100 + MOST_AGENT_TASKS } as const;

/** First and last of the ports that agents use on the nodes' own network, TCP and UDP. */
export const HOST_AGENT_PORTS = { first: 7101, last: 7100 + 2 * MOST_AGENT_TASKS } as const;

/** Environment variable of an agent on the nodes' own network: JSON with the address of each node, by its host name. */
export const NODE_ADDRESSES_VARIABLE = "SWARMBENCH_NODE_ADDRESSES";

/**
 * The port of an agent on the nodes' own network. No two agents of a stack share one, so that any number of tasks can run on a
 * node.
 *
 * @param slot number of the task within its service, from 1
 */
export function hostAgentPort(role: AgentRole, slot: number): number {
  return BELOW_FIRST[role] + slot;
}
