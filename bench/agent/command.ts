// `bench.cjs agent producer|consumer`: the program of the agents' services.
import { AGENT_PORT, AGENT_SERVICES, type AgentRole } from "../../contract/request";
import { adapterOf } from "../kafka/adapters";
import { openWallClock } from "../wallClock";
import { Agent } from "./agent";
import { FAULT_VARIABLE, readFault } from "./fault";
import { serve } from "./server";

/** Swarm gives a task ten seconds; connections that are not closed by then are the brokers' to notice. */
const CLOSE_MS = 5_000;

/** Whether an argument is a role that an agent can have. */
export function isRole(name: string | undefined): name is AgentRole {
  return name !== undefined && Object.hasOwn(AGENT_SERVICES, name);
}

/** Serves until it is asked to end. */
export async function runAgent(role: AgentRole, environment = process.env): Promise<void> {
  const { SWARMBENCH_TASK: task = `${AGENT_SERVICES[role]}.?`, SWARMBENCH_NODE: node = "?" } = environment;
  const fault = readFault(role, environment[FAULT_VARIABLE]);
  const agent = new Agent({ role, task, node, fault }, openWallClock(), adapterOf);
  await serve(agent, AGENT_PORT);
  process.stderr.write(`agent ${task} on ${node} listens on port ${AGENT_PORT}\n`);
  const end = () => {
    setTimeout(() => process.exit(0), CLOSE_MS);
    void agent.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}
