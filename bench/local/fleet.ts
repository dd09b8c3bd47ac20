// Agents that run as processes on this machine, for a Kafka that is not part of a stack.
import { hostname } from "node:os";
import { AGENT_SERVICES, type AgentRole, type BenchTarget } from "../../contract/request.ts";
import { within } from "../clock.ts";
import type { Agent, AgentAccess, FindFleet, Fleet } from "../run/fleet.ts";
import { LOOPBACK } from "./messages.ts";
import { AgentProcess } from "./process.ts";

/** Loading the program takes a second or two, more on a busy machine. */
const START_MS = 60_000;

/** The processes of a run's agents. They are started when a run first asks for them. */
export class LocalFleet implements AgentAccess {
  readonly address = LOOPBACK;
  private processes: AgentProcess[] = [];
  private fleet: Promise<Fleet> | undefined;
  private readonly target: BenchTarget;

  constructor(target: BenchTarget) {
    this.target = target;
  }

  /** The agents, as the runner asks for them before each step. If one has ended, all are started again. */
  readonly find: FindFleet = async () => {
    if (this.processes.some(({ hasEnded }) => hasEnded)) await this.close();
    this.fleet ??= this.start();
    return this.fleet;
  };

  private async start(): Promise<Fleet> {
    const [producers, consumers] = await Promise.all([this.startAll("producer"), this.startAll("consumer")]);
    return { producers, consumers };
  }

  private startAll(role: AgentRole): Promise<Agent[]> {
    const { agents, token, kafka } = this.target;
    const { password, certificate } = kafka.security;
    const node = hostname();
    return Promise.all(
      Array.from({ length: agents[role].tasks }, async (_, index) => {
        const task = `${AGENT_SERVICES[role]}.${index + 1}`;
        const kafkaSecrets = { password, certificate };
        const process = new AgentProcess({ role, task, node, token, kafkaSecrets });
        this.processes.push(process);
        const hello = await within(START_MS, `the start of agent ${task}`, process.port.hello());
        return { role, task, node, address: LOOPBACK, hello, client: process.port };
      }),
    );
  }

  /** Ends all processes. Never fails. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.close()));
    this.processes = [];
    this.fleet = undefined;
  }
}
