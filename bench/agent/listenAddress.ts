// Where an agent listens.
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { hostAgentPort, NODE_ADDRESSES_VARIABLE } from "../../contract/hostAgents.ts";
import { AGENT_PORT, type AgentRole } from "../../contract/request.ts";

const addressesSchema = z.record(z.string(), z.ipv4());

/** Where an agent listens, TCP and UDP. */
interface ListenAddress {
  port: number;
  /** Absent: all addresses of its container. */
  host?: string;
}

/**
 * Where an agent listens: on the overlay network on one port of its container, on the nodes' own network only on its node's
 * address in the network between the nodes, on a port that no other agent of the stack has.
 *
 * @param environment of the task, as components/services/agents/agents.ts sets it
 * @throws SwarmbenchError `service-failed` if it lacks the address of the agent's node, or the task's number
 */
export function listenAddress(role: AgentRole, environment: NodeJS.ProcessEnv): ListenAddress {
  const text = environment[NODE_ADDRESSES_VARIABLE];
  if (text === undefined) return { port: AGENT_PORT };
  const { SWARMBENCH_NODE: node = "", SWARMBENCH_TASK: task = "" } = environment;
  const slot = Number(/\.(\d+)$/.exec(task)?.[1]);
  const addresses = addressesSchema.parse(JSON.parse(text));
  const host = Object.hasOwn(addresses, node) ? addresses[node] : undefined;
  if (host === undefined || !Number.isInteger(slot)) {
    throw new SwarmbenchError(
      "service-failed",
      `the task "${task}" on node "${node}" has no address in ${text}`,
      {
        hint: "Update the agents: pulumi up",
      },
    );
  }
  return { port: hostAgentPort(role, slot), host };
}
