// The reports of a step's agents while it runs.
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../contract/result.ts";
import type { Workload } from "../../contract/workload.ts";
import type { ProducerReport } from "../agent/protocol.ts";
import type { WallClock } from "../wallClock.ts";
import type { Agent } from "./fleet.ts";
import { keepPolling } from "./keepPolling.ts";
import type { MergedSecond, Timeline } from "./timeline.ts";

/** Time between two polls of all agents. */
const POLL_MS = 500;

/** Receives the progress of a step. */
export interface StepListener {
  /** The step has begun a phase, such as "draining". */
  phase(phase: string): void;
  /** All agents have reported a second, or it timed out. @param phase the current phase */
  second(second: MergedSecond, phase: string): void;
  /** An event of the run that is only known within the step. Absent: nobody needs it. */
  event?(event: RunEvent): void;
}

interface Scope {
  agents: readonly Agent[];
  id: { run: string; step: number };
  workload: Workload;
  clock: WallClock;
  listener: StepListener;
  signal: AbortSignal;
}

/** Polls the agents of one step, and merges their reports. */
export class AgentReports {
  /** Must be set when the step starts, before the first poll. */
  timeline!: Timeline;
  private readonly scope: Scope;
  /** By task, the number of seconds received. */
  private readonly received = new Map<string, number>();
  private readonly latest = new Map<string, ProducerReport>();
  private readonly delivered = new Map<string, Record<string, number>>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Polls every agent once, after a pause. @throws Error that names an agent whose step failed */
  async poll(phase: string): Promise<void> {
    const { agents, listener, signal } = this.scope;
    await sleep(POLL_MS, undefined, { signal });
    await this.keepPolling(Promise.all(agents.map((agent) => this.ask(agent))));
    for (const second of this.timeline.ready(Math.floor(this.nowSec()) - 1)) listener.second(second, phase);
  }

  /** Polls until a time, s since 1970. */
  async pollUntil(atSec: number, phase: string): Promise<void> {
    while (this.nowSec() < atSec) await this.poll(phase);
  }

  /** Polls until all agents have reported the seconds before this one. They report a second late, at different times. */
  async untilReported(sec: number): Promise<void> {
    while (this.timeline.reportedTo < sec) await this.poll("draining");
  }

  /** Whether all producers have sent all their messages, and how many were acknowledged (with acks 0: sent). */
  producers(): { idle: boolean; acked: number } {
    const { agents, workload } = this.scope;
    const reports = [...this.latest.values()];
    const total = (key: "acked" | "sent") => reports.reduce((sum, { totals }) => sum + totals[key], 0);
    const count = agents.filter(({ role }) => role === "producer").length;
    return {
      idle: reports.length === count && reports.every(({ idle }) => idle),
      acked: total(workload.acks === 0 ? "sent" : "acked"),
    };
  }

  /** Number of messages that the slowest consumer group has received. */
  deliveredToAll(): number {
    const groups = new Map<string, number>();
    for (const byGroup of this.delivered.values()) {
      for (const [group, count] of Object.entries(byGroup)) {
        groups.set(group, (groups.get(group) ?? 0) + count);
      }
    }
    return groups.size < this.scope.workload.groups ? 0 : Math.min(...groups.values());
  }

  /** Awaits work while polling every agent, so that none hits its orphan timeout. */
  keepPolling<T>(work: Promise<T>): Promise<T> {
    return keepPolling(this.scope.agents, (agent) => this.reportOf(agent), work);
  }

  /** Seconds since 1970, by the runner's clock. */
  nowSec(): number {
    return this.scope.clock.nowUs() / 1e6;
  }

  /** The report of an agent since the last poll. */
  private reportOf(agent: Agent) {
    return agent.client.report(this.scope.id, this.received.get(agent.task) ?? 0);
  }

  private async ask(agent: Agent): Promise<void> {
    const report = await this.reportOf(agent);
    if (report.failed !== null) throw new Error(`${agent.task} on ${agent.node}: ${report.failed}`);
    this.received.set(agent.task, report.next);
    this.timeline.take(agent.task, report);
    if (report.role === "producer") this.latest.set(agent.task, report);
    else this.delivered.set(agent.task, report.delivered);
  }
}
