// `bench.mjs agent producer|consumer`: the program of the producer and consumer services.
import { existsSync } from "node:fs";
import { AGENT_SERVICES, type AgentRole } from "../../contract/request.ts";
import { SECRET_FILES } from "../../contract/target.ts";
import { adapterOf } from "../clients/index.ts";
import { Exchange } from "../exchange/exchange.ts";
import { readSecret, readToken } from "../token.ts";
import { openWallClock } from "../wallClock.ts";
import { Agent } from "./agent.ts";
import { CLOCK_FAULT_VARIABLE, parseClockFault, withFault } from "./clockFault.ts";
import { FAULT_VARIABLE, readFault } from "./fault.ts";
import { listenAddress } from "./listenAddress.ts";
import { serve } from "./server.ts";

/** Less than the ten seconds after which Swarm kills a task. Clients that close in time leave their groups properly. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Whether an argument is a role of an agent. */
export function isRole(name: string | undefined): name is AgentRole {
  return name !== undefined && Object.hasOwn(AGENT_SERVICES, name);
}

/**
 * Runs an agent until it is asked to stop.
 *
 * @throws SwarmbenchError `service-failed` if it has no token
 */
export async function runAgent(role: AgentRole, environment = process.env): Promise<void> {
  const { SWARMBENCH_TASK: task = `${AGENT_SERVICES[role]}.?`, SWARMBENCH_NODE: node = "?" } = environment;
  const skip = readFault(role, environment[FAULT_VARIABLE]);
  // Only set by a test (test/slow/clockFaults.test.ts). Every run on such an agent reports it.
  const clockFault = environment[CLOCK_FAULT_VARIABLE];
  const clock = clockFault ? withFault(openWallClock(), parseClockFault(clockFault)) : openWallClock();
  const faults: string[] = [];
  if (skip) faults.push(`${FAULT_VARIABLE}=${skip.text}`);
  if (clockFault) faults.push(`${CLOCK_FAULT_VARIABLE}=${clockFault}`);
  const token = readToken(SECRET_FILES.token);
  const { kafkaPassword: file } = SECRET_FILES;
  const kafkaPassword = existsSync(file) ? readSecret(file) : undefined;
  const { port, host } = listenAddress(role, environment);
  const exchange = await Exchange.open(clock, port, token, host);
  const identity = { role, task, node, faults, fault: skip };
  const agent = new Agent(identity, clock, adapterOf, exchange, {
    kafkaSecrets: { password: kafkaPassword },
  });
  await serve(agent, host === undefined ? port : { port, host }, token);
  process.stderr.write(
    `agent ${task} on ${node} listens on ${host === undefined ? "" : `${host}, `}port ${port}\n`,
  );
  const end = () => {
    setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS);
    void agent.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}
