// What the agents of a step report while it runs.
import { setTimeout as sleep } from "node:timers/promises";
import type { Workload } from "../../contract/workload.ts";
import type { ProducerReport } from "../agent/protocol.ts";
import type { WallClock } from "../wallClock.ts";
import type { Agent } from "./fleet.ts";
import { whileAsked } from "./stillThere.ts";
import type { MergedSecond, Timeline } from "./timeline.ts";

const POLL_MS = 500;

/** What a step tells while it runs. */
export interface StepListener {
  doing(what: string): void;
  second(second: MergedSecond, what: string): void;
}

interface Scope {
  agents: readonly Agent[];
  id: { run: string; step: number };
  workload: Workload;
  clock: WallClock;
  listener: StepListener;
  signal: AbortSignal;
}

/** Polls the agents of one step, and adds up what they report. */
export class AgentReports {
  /** Set when the step starts, before the first poll. */
  timeline!: Timeline;
  private readonly scope: Scope;
  private readonly after = new Map<string, number>();
  private readonly latest = new Map<string, ProducerReport>();
  private readonly delivered = new Map<string, Record<string, number>>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Asks every agent for what is new. @throws Error that names an agent whose step failed */
  async poll(what: string): Promise<void> {
    const { agents, listener, signal } = this.scope;
    await sleep(POLL_MS, undefined, { signal });
    await this.whileAsked(Promise.all(agents.map((agent) => this.ask(agent))));
    for (const second of this.timeline.ready(Math.floor(this.nowSec()) - 1)) listener.second(second, what);
  }

  async pollUntil(atSec: number, what: string): Promise<void> {
    while (this.nowSec() < atSec) await this.poll(what);
  }

  /** Agents close a second later, and each at its own time: the last measured ones would be missing without this. */
  async untilReported(sec: number): Promise<void> {
    while (this.timeline.reportedTo < sec) await this.poll("draining");
  }

  /** Whether all producers have sent what they had to, and how many messages were acknowledged (with acks 0: sent). */
  producers(): { idle: boolean; acked: number } {
    const { agents, workload } = this.scope;
    const reports = [...this.latest.values()];
    const total = (key: "acked" | "sent") => reports.reduce((sum, { totals }) => sum + totals[key], 0);
    const all = agents.filter(({ role }) => role === "producer").length;
    return {
      idle: reports.length === all && reports.every(({ idle }) => idle),
      acked: total(workload.acks === 0 ? "sent" : "acked"),
    };
  }

  /** How many messages the slowest consumer group has received. */
  deliveredToAll(): number {
    const groups = new Map<string, number>();
    for (const byGroup of this.delivered.values()) {
      for (const [group, count] of Object.entries(byGroup))
        groups.set(group, (groups.get(group) ?? 0) + count);
    }
    return groups.size < this.scope.workload.groups ? 0 : Math.min(...groups.values());
  }

  /** Does work while every agent goes on being asked, so that none hits its orphan timeout. */
  whileAsked<T>(work: Promise<T>): Promise<T> {
    return whileAsked([...this.scope.agents], (agent) => this.reportOf(agent), work);
  }

  /** Seconds since 1970, by the runner's clock. */
  nowSec(): number {
    return this.scope.clock.nowUs() / 1e6;
  }

  /** What is new since it was taken last. */
  private reportOf(agent: Agent) {
    return agent.client.report(this.scope.id, this.after.get(agent.task) ?? 0);
  }

  private async ask(agent: Agent): Promise<void> {
    const report = await this.reportOf(agent);
    if (report.failed !== null) throw new Error(`${agent.task} on ${agent.node}: ${report.failed}`);
    this.after.set(agent.task, report.next);
    this.timeline.take(agent.task, report);
    if (report.role === "producer") this.latest.set(agent.task, report);
    else this.delivered.set(agent.task, report.delivered);
  }
}
