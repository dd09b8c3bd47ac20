// The agents of a stack, found by the names of their services.
import { lookup } from "node:dns/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import { AGENT_SERVICES, type AgentRole, type BenchTarget } from "../../contract/request.ts";
import { AgentClient } from "../agent/client.ts";
import type { AgentPort } from "../agent/port.ts";
import { type Hello, ORPHANED_AFTER_MS, PROTOCOL_VERSION } from "../agent/protocol.ts";
import type { JobContext } from "../job.ts";
import { reason } from "../reason.ts";
import { retryUntil } from "../retry.ts";
import { inOrder } from "./allocation.ts";

/** An agent that answered. */
export interface Agent {
  role: AgentRole;
  /** Name of its task, such as producers.1 */
  task: string;
  node: string;
  /** Its address on the overlay network. */
  address: string;
  hello: Hello;
  client: AgentPort;
}

/** All agents of a stack. */
export interface Fleet {
  producers: Agent[];
  consumers: Agent[];
}

/**
 * Finds the agents of a run, and waits until all of them answer and are free for it.
 *
 * @throws SwarmbenchError if they are not
 */
export type FindFleet = (
  target: Pick<BenchTarget, "agents" | "token">,
  run: string,
  context: JobContext,
) => Promise<Fleet>;

/** How a runner reaches its agents. */
export interface AgentAccess {
  find: FindFleet;
  /** IPv4 address on which the runner exchanges timestamps with them. Absent: all of the machine. */
  address?: string;
}

/** Looks up the addresses of all tasks of a service. */
type Resolve = (service: string) => Promise<string[]>;
/** By Docker's DNS server. */
const byDns: Resolve = async (service) =>
  (await lookup(`tasks.${service}`, { all: true, family: 4 })).map(({ address }) => address);

/** New tasks start within seconds. Agents of a run that was killed are free again after their orphan timeout. */
const TIMEOUT_SEC = 60 + ORPHANED_AFTER_MS / 1_000;

/**
 * Waits until every agent that the stack declares answers and is free for this run.
 *
 * @throws SwarmbenchError after 90 s if some do not answer or work for another run; at once if one has another protocol version
 */
export async function findFleet(
  target: Pick<BenchTarget, "agents" | "token">,
  run: string,
  context: JobContext,
  resolve: Resolve = byDns,
): Promise<Fleet> {
  const wait = retryUntil(context, TIMEOUT_SEC);
  const find = (role: AgentRole) =>
    wait(
      {
        what: `the ${AGENT_SERVICES[role]} to answer`,
        hint: `On the manager see: docker service ps ${AGENT_SERVICES[role]}`,
        code: "agent-failed",
      },
      () => askAll(role, target, run, resolve),
    );
  const [producers, consumers] = [await find("producer"), await find("consumer")];
  return { producers, consumers };
}

async function askAll(
  role: AgentRole,
  { agents: declared, token }: Pick<BenchTarget, "agents" | "token">,
  run: string,
  resolve: Resolve,
): Promise<Agent[]> {
  const { tasks } = declared[role];
  const service = AGENT_SERVICES[role];
  const addresses = await resolve(service);
  if (addresses.length !== tasks) throw new Error(`${addresses.length} of ${tasks} tasks are running`);
  const agents = await Promise.all(addresses.map((address) => askOne(role, address, token)));
  for (const { task, hello } of agents) {
    if (hello.protocol !== PROTOCOL_VERSION) {
      throw new SwarmbenchError(
        "stack-outdated",
        `${task} uses version ${hello.protocol} of the agent protocol, and this runner version ${PROTOCOL_VERSION}`,
        { hint: "Update the agents: pulumi up" },
      );
    }
    if (hello.run !== null && hello.run !== run) throw new Error(`${task} works for run ${hello.run}`);
  }
  const order = inOrder(agents.map(({ task }) => task));
  return agents.sort((a, b) => order.indexOf(a.task) - order.indexOf(b.task));
}

async function askOne(role: AgentRole, address: string, token: string): Promise<Agent> {
  // A plain error, since the client's own would end the retries: a task that is starting may answer soon.
  const hello = await new AgentClient(address, role, token).hello().catch((error: Error) => {
    throw new Error(reason(error), { cause: error });
  });
  const name = `${hello.task} on ${hello.node}`;
  return {
    role,
    task: hello.task,
    node: hello.node,
    address,
    hello,
    client: new AgentClient(address, role, token, name),
  };
}
