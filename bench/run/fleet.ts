// The agents of a stack, found by the names of their services, or at the addresses of their nodes.
import { lookup } from "node:dns/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import { hostAgentPort } from "../../contract/hostAgents.ts";
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
  /** Its address on the network that agents use, without the port. */
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

/** An address, and the port if it is not that of agents on the overlay network. */
interface Place {
  address: string;
  port?: number;
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
  const { nodeAddresses } = declared;
  const agents = nodeAddresses
    ? await askNodes(role, tasks, nodeAddresses, token)
    : await askTasks(role, tasks, await resolve(AGENT_SERVICES[role]), token);
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

/** Asks the tasks that Docker's name server lists, all of which must answer. */
async function askTasks(
  role: AgentRole,
  tasks: number,
  addresses: readonly string[],
  token: string,
): Promise<Agent[]> {
  if (addresses.length !== tasks) throw new Error(`${addresses.length} of ${tasks} tasks are running`);
  return Promise.all(addresses.map((address) => askOne(role, { address }, token)));
}

/**
 * Asks every place where a task may be, because no name server knows the tasks on the nodes' own network. Where none is, the
 * connection is refused at once.
 */
async function askNodes(
  role: AgentRole,
  tasks: number,
  nodeAddresses: readonly string[],
  token: string,
): Promise<Agent[]> {
  const ports = Array.from({ length: tasks }, (_, index) => hostAgentPort(role, index + 1));
  const places = nodeAddresses.flatMap((address) => ports.map((port) => ({ address, port })));
  const answers = await Promise.all(places.map((place) => askOne(role, place, token).catch(() => undefined)));
  const agents = answers.filter((agent) => agent !== undefined);
  if (agents.length !== tasks) {
    const where = `ports ${ports[0]} to ${ports.at(-1)} of ${nodeAddresses.join(", ")}`;
    throw new Error(`${agents.length} of ${tasks} tasks answer on ${where}`);
  }
  return agents;
}

async function askOne(role: AgentRole, { address, port }: Place, token: string): Promise<Agent> {
  const server = port === undefined ? address : `${address}:${port}`;
  // A plain error, since the client's own would end the retries: a task that is starting may answer soon.
  const hello = await new AgentClient(server, role, token).hello().catch((error: Error) => {
    throw new Error(reason(error), { cause: error });
  });
  const name = `${hello.task} on ${hello.node}`;
  return {
    role,
    task: hello.task,
    node: hello.node,
    address,
    hello,
    client: new AgentClient(server, role, token, name),
  };
}
