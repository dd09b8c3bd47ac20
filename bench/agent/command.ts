// `bench.mjs agent producer|consumer`: the program of the agents' services.
import { AGENT_PORT, AGENT_SERVICES, type AgentRole } from "../../contract/request.ts";
import { adapterOf } from "../clients/index.ts";
import { Exchange } from "../exchange/exchange.ts";
import { openWallClock } from "../wallClock.ts";
import { Agent } from "./agent.ts";
import { CLOCK_FAULT_VARIABLE, parseClockFault, withFault } from "./clockFault.ts";
import { FAULT_VARIABLE, readFault } from "./fault.ts";
import { serve } from "./server.ts";

/** Swarm gives a task ten seconds; connections that are not closed by then are the brokers' to notice. */
const CLOSE_MS = 5_000;

/** Whether an argument is a role that an agent can have. */
export function isRole(name: string | undefined): name is AgentRole {
  return name !== undefined && Object.hasOwn(AGENT_SERVICES, name);
}

/** Serves until it is asked to end. */
export async function runAgent(role: AgentRole, environment = process.env): Promise<void> {
  const { SWARMBENCH_TASK: task = `${AGENT_SERVICES[role]}.?`, SWARMBENCH_NODE: node = "?" } = environment;
  const skip = readFault(role, environment[FAULT_VARIABLE]);
  // Set by a test alone (test/slow/clockFaults.test.ts); every run on such an agent says so.
  const wrong = environment[CLOCK_FAULT_VARIABLE];
  const clock = wrong ? withFault(openWallClock(), parseClockFault(wrong)) : openWallClock();
  const faults = [
    ...(skip ? [`${FAULT_VARIABLE}=${skip.text}`] : []),
    ...(wrong ? [`${CLOCK_FAULT_VARIABLE}=${wrong}`] : []),
  ];
  const exchange = await Exchange.open(clock, AGENT_PORT);
  const agent = new Agent({ role, task, node, faults, fault: skip }, clock, adapterOf, exchange);
  await serve(agent, AGENT_PORT);
  process.stderr.write(`agent ${task} on ${node} listens on port ${AGENT_PORT}\n`);
  const end = () => {
    setTimeout(() => process.exit(0), CLOSE_MS);
    void agent.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}
