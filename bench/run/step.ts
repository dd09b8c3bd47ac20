// One step: prepare everything, warm up until steady, measure, drain, collect.
import { setTimeout as sleep } from "node:timers/promises";
import type { Step } from "../../contract/result.ts";
import type { ConsumerTotals, Prepare, ProducerReport, ProducerTotals } from "../agent/protocol.ts";
import { within } from "../clock.ts";
import { offsetLine } from "../exchange/corridor.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { ensureTopic, removeTopic } from "../kafka/topics.ts";
import { isWarm, STEADY_WINDOW, steadiness } from "../measure/steady.ts";
import type { WallClock } from "../wallClock.ts";
import { type CpuReading, readBrokerCpu } from "./brokerCpu.ts";
import { NO_TOPIC, reachesBroker } from "./brokerless.ts";
import { Compilers } from "./compilers.ts";
import type { Agent } from "./fleet.ts";
import { onNodes, type Share, sharesOf } from "./shares.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";
import { stepResult } from "./stepResult.ts";
import { whileAsked } from "./stillThere.ts";
import { type MergedSecond, Timeline } from "./timeline.ts";

/** From the command to the first message: every agent has it by then. */
const START_LEAD_US = 500_000;
/** From the command to the measured time: long enough that no message of it is under way already. */
const WINDOW_LEAD_SEC = 2;
const POLL_MS = 500;
/** For agents that may be gone: those that are there end their step at once. */
const ABANDON_MS = 5_000;
/** Clocks further apart than this would not begin and end a step together. */
const MOST_OFFSET_MS = 250;
/** Fewer partitions, and the share of messages that is timed twice would be no small one. */
const LEAST_PARTITIONS = 4;
const OWN_SHARE = 1 / 12;
/** Agents close a second a second later. */
const REPORT_LAG_SEC = 2;

/** What a step tells while it runs. */
export interface StepListener {
  doing(what: string): void;
  second(second: MergedSecond, what: string): void;
}

interface Worker {
  agent: Agent;
  share: Share;
}

/** @throws where an agent is lost, a client cannot connect, or the topic cannot be had; nothing of it goes on then */
export async function runStep(
  order: StepOrder,
  clock: WallClock,
  exchange: Exchange,
  listener: StepListener,
  signal: AbortSignal,
): Promise<Step> {
  const { target, workload, run, number } = order;
  listener.doing("making the topic");
  const name = workload.topic ?? `${run}-${number}`;
  const topic = reachesBroker(workload)
    ? await ensureTopic(target.kafka, {
        topic: name,
        partitions: workload.partitions,
        config: workload.topicConfig,
        replicationFactor: workload.replicationFactor,
      })
    : NO_TOPIC;
  const step = new StepRun(order, { name, ...topic }, clock, exchange, listener, signal);
  try {
    return await step.run();
  } catch (error) {
    await step.abandon();
    throw error;
  } finally {
    // One that the user named stays: it may be theirs, and they may want to look at it.
    if (topic.created && workload.topic === undefined) await removeTopic(target.kafka, name).catch(() => {});
  }
}

interface Topic {
  name: string;
  partitions: number;
  replicationFactor: number;
  startOffsets: Record<number, string>;
}

class StepRun {
  private readonly producers: Worker[];
  private readonly consumers: Worker[];
  private readonly id: { run: string; step: number };
  private timeline!: Timeline;
  private readonly after = new Map<string, number>();
  private readonly latest = new Map<string, ProducerReport>();
  private readonly delivered = new Map<string, Record<string, number>>();
  private readonly startedAt = new Date().toISOString();

  private readonly order: StepOrder;
  private readonly topic: Topic;
  private readonly clock: WallClock;
  private readonly exchange: Exchange;
  private readonly listener: StepListener;
  private readonly signal: AbortSignal;

  constructor(
    order: StepOrder,
    topic: Topic,
    clock: WallClock,
    exchange: Exchange,
    listener: StepListener,
    signal: AbortSignal,
  ) {
    this.order = order;
    this.topic = topic;
    this.clock = clock;
    this.exchange = exchange;
    this.listener = listener;
    this.signal = signal;

    const { fleet, workload } = order;
    const chosen = onNodes([...fleet.producers, ...fleet.consumers], workload.nodes);
    const of = (agents: Agent[], total: number) =>
      workersOf(
        agents.filter((agent) => chosen.includes(agent)),
        total,
      );
    this.producers = of(fleet.producers, workload.producers);
    this.consumers = reachesBroker(workload) ? of(fleet.consumers, workload.consumers) : [];
    this.id = { run: order.run, step: order.number };
  }

  private get workers(): Worker[] {
    return [...this.producers, ...this.consumers];
  }

  async run(): Promise<Step> {
    this.exchange.watch(this.workers.map(({ agent }) => peerOf(agent)));
    const connectSeconds = await this.prepare();
    this.refuseWrongClocks();
    const startSec = await this.start();
    const warmUp = await this.warmUp(startSec);
    const measured = await this.measure();
    const drain = await this.drain(measured.toSec);
    this.listener.doing("collecting");
    const findings: StepFindings = {
      connectSeconds,
      startedAt: this.startedAt,
      warmUp,
      measured,
      drain,
      ...(await this.collect()),
      runner: this.exchange.findings(),
      timeline: this.timeline,
      topic: this.topic,
      producers: this.producers.map(({ agent }) => agent),
      consumers: this.consumers.map(({ agent }) => agent),
      sameNode: this.sameNode !== null,
    };
    this.exchange.unwatch();
    return stepResult(this.order, findings);
  }

  /** Consumers first: from the first message on there is somebody to take it. */
  private async prepare(): Promise<number> {
    const { workload, benchmark, target } = this.order;
    this.listener.doing(`connecting ${workload.consumers * workload.groups} consumers`);
    const sources = this.producers.map(({ share }) => share.first);
    const prepare = async (workers: Worker[], watched: Worker[]) => {
      const peers = watched.map(({ agent }) => peerOf(agent));
      const answers = await Promise.all(
        workers.map(({ agent, share }) => {
          const kafka = { ...target.kafka, via: target.via?.[agent.role] };
          const order: Prepare = {
            ...this.id,
            kafka,
            topic: this.topic.name,
            workload,
            share,
            pacing: benchmark.pacing,
            seed: benchmark.seed,
            startOffsets: this.topic.startOffsets,
            lateAfterUs: benchmark.slo.p99Ms * 100,
            peers,
            sources,
            sameNode: this.sameNode,
          };
          return agent.client.prepare(order);
        }),
      );
      return Math.max(...answers.map(({ connectSeconds }) => connectSeconds));
    };
    const consumersTook = await prepare(this.consumers, this.producers);
    this.signal.throwIfAborted();
    this.listener.doing(`connecting ${workload.producers} producers`);
    return Math.max(consumersTook, await prepare(this.producers, []));
  }

  /**
   * Of the first producer tasks the partition that each consumes too, for its own messages in it; of so few that the brokers
   * have little more to send. null: there are too few partitions.
   */
  private get sameNode(): (number | null)[] | null {
    const { partitions } = this.topic;
    if (partitions < LEAST_PARTITIONS) return null;
    const most = Math.max(1, Math.floor(partitions * OWN_SHARE));
    return this.producers.map((_, index) => (index < most ? index : null));
  }

  /** @throws Error that names the agents whose clocks are far from the runner's */
  private refuseWrongClocks(): void {
    const now = this.clock.nowUs();
    const wrong = this.exchange.findings().flatMap((found) => {
      const offsetMs = (offsetLine(found, now, now)?.offsetUs ?? 0) / 1_000;
      return Math.abs(offsetMs) > MOST_OFFSET_MS ? [`${found.peer} by ${offsetMs.toFixed(1)} ms`] : [];
    });
    if (wrong.length === 0) return;
    throw new Error(
      `clocks are too far from the runner's to work together: ${wrong.join(", ")}; see clockSync in the README, and on the nodes: date +%s.%N`,
    );
  }

  private async start(): Promise<number> {
    const atUs = this.clock.nowUs() + START_LEAD_US;
    await Promise.all(this.producers.map(({ agent }) => agent.client.start({ ...this.id, atUs })));
    const startSec = Math.floor(atUs / 1e6);
    const sources = (workers: Worker[]) =>
      workers.map(({ agent }) => ({ task: agent.task, machine: agent.hello.machine.bootId }));
    this.timeline = new Timeline(
      startSec,
      { producers: sources(this.producers), consumers: sources(this.consumers) },
      this.order.workload.groups,
    );
    return startSec;
  }

  private async warmUp(startSec: number): Promise<{ steady: boolean; reason: string; seconds: number }> {
    const { warmUp } = this.order.benchmark;
    const limits = { ...warmUp, max: Math.max(warmUp.max, STEADY_WINDOW + REPORT_LAG_SEC + 1) };
    const compilers = new Compilers(() => this.cpu());
    for (;;) {
      await this.look(compilers.atWork ? "warming up the brokers" : "warming up");
      if (reachesBroker(this.order.workload)) void compilers.look();
      const seconds = this.nowSec() - startSec;
      // The first second is not whole.
      const whole = this.timeline.seconds.slice(1);
      const judged = steadiness(
        whole.map(({ offered, delivered, backlog, delayMs }) => ({
          offered,
          delivered: delivered / this.order.workload.groups,
          backlog,
          // Without a broker there is no delay whose trend could be looked at.
          p50Ms: reachesBroker(this.order.workload) ? delayMs.p50 : 0,
          p99Ms: delayMs.p99,
        })),
      );
      const now = { seconds, steady: judged.steady, cold: compilers.atWork };
      if (isWarm(limits, now)) return { ...judged, seconds };
    }
  }

  private async measure(): Promise<StepFindings["measured"]> {
    const fromSec = Math.floor(this.nowSec()) + WINDOW_LEAD_SEC;
    const toSec = fromSec + this.order.benchmark.duration;
    const window = { ...this.id, fromUs: fromSec * 1e6, toUs: Math.round(toSec * 1e6) };
    // Consumers first: they must know it before the first message of it comes.
    for (const workers of [this.consumers, this.producers]) {
      await Promise.all(workers.map(({ agent }) => agent.client.window(window)));
    }
    this.timeline.measure(fromSec, toSec);
    await this.lookUntil(fromSec, "about to measure");
    const before = await this.cpu();
    await this.lookUntil(toSec, "measuring");
    return { fromSec, toSec, brokerCpu: { before, after: await this.cpu() } };
  }

  private cpu(): Promise<CpuReading | undefined> {
    return readBrokerCpu(this.order.target.brokerMetrics);
  }

  /** Until every message that was acknowledged is there, or the time for it is over. */
  private async drain(toSec: number): Promise<StepFindings["drain"]> {
    const deadline = toSec + this.order.benchmark.drain;
    let backlogAtEnd: number | undefined;
    for (;;) {
      await this.look("draining");
      const { idle, acked } = this.progressOfProducers();
      const delivered = reachesBroker(this.order.workload) ? this.deliveredToAll() : acked;
      backlogAtEnd ??= Math.max(0, acked - delivered);
      const done = idle && delivered >= acked;
      const now = this.nowSec();
      if (done || now >= deadline) {
        // Past the time that draining may take nothing is waited for but what was measured.
        await this.untilReported(done ? Math.max(toSec, Math.floor(now)) : toSec);
        return { backlogAtEnd, seconds: done ? Math.max(0, now - toSec) : null };
      }
    }
  }

  /** Agents close a second later, and each at its own time: the last measured ones would be missing without this. */
  private async untilReported(sec: number): Promise<void> {
    while (this.timeline.reportedTo < sec) await this.look("draining");
  }

  private progressOfProducers(): { idle: boolean; acked: number } {
    const reports = [...this.latest.values()];
    const total = (key: "acked" | "sent") => reports.reduce((sum, { totals }) => sum + totals[key], 0);
    return {
      idle: reports.length === this.producers.length && reports.every(({ idle }) => idle),
      acked: total(this.order.workload.acks === 0 ? "sent" : "acked"),
    };
  }

  private deliveredToAll(): number {
    const groups = new Map<string, number>();
    for (const byGroup of this.delivered.values()) {
      for (const [group, count] of Object.entries(byGroup))
        groups.set(group, (groups.get(group) ?? 0) + count);
    }
    return groups.size < this.order.workload.groups ? 0 : Math.min(...groups.values());
  }

  private async lookUntil(atSec: number, what: string): Promise<void> {
    while (this.nowSec() < atSec) await this.look(what);
  }

  /** Asks every agent what is new. */
  private async look(what: string): Promise<void> {
    await sleep(POLL_MS, undefined, { signal: this.signal });
    await this.whileAsked(Promise.all(this.workers.map(({ agent }) => this.ask(agent))));
    for (const second of this.timeline.ready(Math.floor(this.nowSec()) - 1))
      this.listener.second(second, what);
  }

  private whileAsked<T>(work: Promise<T>): Promise<T> {
    const agents = this.workers.map(({ agent }) => agent);
    return whileAsked(agents, (agent) => this.reportOf(agent), work);
  }

  /** What is new since it was taken last. */
  private reportOf(agent: Agent) {
    return agent.client.report(this.id, this.after.get(agent.task) ?? 0);
  }

  private async ask(agent: Agent): Promise<void> {
    const report = await this.reportOf(agent);
    if (report.failed !== null) throw new Error(`${agent.task} on ${agent.node}: ${report.failed}`);
    this.after.set(agent.task, report.next);
    this.timeline.take(agent.task, report);
    if (report.role === "producer") this.latest.set(agent.task, report);
    else this.delivered.set(agent.task, report.delivered);
  }

  private async collect(): Promise<{ produced: ProducerTotals[]; consumed: ConsumerTotals[] }> {
    const order = { ...this.id, patienceMs: 1_000 };
    const collect = (workers: Worker[]) =>
      Promise.all(workers.map(({ agent }) => agent.client.collect(order)));
    await this.exchange.burst();
    // Producers first: what they still send meanwhile can arrive.
    const produced = (await this.whileAsked(collect(this.producers))) as ProducerTotals[];
    return { produced, consumed: (await collect(this.consumers)) as ConsumerTotals[] };
  }

  /** Ends it at the agents that can still be reached; who cannot ends by itself. */
  async abandon(): Promise<void> {
    this.exchange.unwatch();
    const collect = ({ agent }: Worker) => agent.client.collect({ ...this.id, patienceMs: 0 });
    await Promise.allSettled(this.workers.map((worker) => within(ABANDON_MS, "it", collect(worker))));
  }

  private nowSec(): number {
    return this.clock.nowUs() / 1e6;
  }
}

function peerOf({ task, address, hello }: Agent) {
  return { name: task, host: address, port: hello.exchangePort };
}

function workersOf(agents: Agent[], total: number): Worker[] {
  const shares = sharesOf(total, agents.length);
  return agents
    .map((agent, index) => ({ agent, share: shares[index] ?? { first: 0, count: 0 } }))
    .filter(({ share }) => share.count > 0);
}
