// Runs one step: prepares everything, warms up until steady, measures, drains and collects.
import { hasFaults } from "../../contract/faultPlan.ts";
import type { Step } from "../../contract/result.ts";
import { withoutSecrets } from "../../contract/target.ts";
import { consumersInGroup, topicCount, topicNames } from "../../contract/topics.ts";
import { type ConsumerTotals, type Prepare, type ProducerTotals, stepName } from "../agent/protocol.ts";
import type { StepWindow } from "../agent/step.ts";
import { unlessAborted, within } from "../clock.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { ensureTopic, logOffsets, removeTopics } from "../kafka/topics.ts";
import { isWarm, STEADY_WINDOW, steadiness, steadyInputs } from "../measure/steady.ts";
import { type LogOffsets, positionsByGroup, unreadOf } from "../measure/unread.ts";
import type { WallClock } from "../wallClock.ts";
import { AgentReports, type StepListener } from "./agentReports.ts";
import { onNodes } from "./allocation.ts";
import { type CpuReading, readBrokerCpu } from "./brokerCpu.ts";
import { NO_TOPIC, reachesBroker } from "./brokerless.ts";
import { checkClocks } from "./checkClocks.ts";
import { checkNodes } from "./checkNodes.ts";
import type { Agent } from "./fleet.ts";
import { JitWarmUp } from "./jitWarmUp.ts";
import { stepLogCheck } from "./logCheck.ts";
import { ownPartitions } from "./ownPartitions.ts";
import { type Readings, takeReadings } from "./readings.ts";
import { drain } from "./stepDrain.ts";
import { beginFaults, type StepFaults } from "./stepFaults.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";
import { stepResult } from "./stepResult.ts";
import { setWindow } from "./stepWindow.ts";
import { Timeline } from "./timeline.ts";
import { peerOf, type Worker, workersOf } from "./workers.ts";

/** Time from the start command to the first message, long enough for the command to reach every agent. */
const START_LEAD_US = 500_000;
/** How long to wait for agents when a step is abandoned. Agents that work end their step at once. */
const ABANDON_MS = 5_000;
/** Time after which agents report a second. */
const REPORT_LAG_SEC = 2;

/**
 * Runs one step.
 *
 * @throws Error if an agent is lost, a client cannot connect or the topic cannot be created, after the step has been ended on all
 *   agents that answer
 */
export async function runStep(
  order: StepOrder,
  clock: WallClock,
  exchange: Exchange,
  listener: StepListener,
  signal: AbortSignal,
): Promise<Step> {
  const { target, workload, run, number } = order;
  checkNodes(order);
  const count = topicCount(workload);
  listener.phase(count === 1 ? "creating the topic" : `creating ${count} topics`);
  const name = workload.topic ?? stepName({ prefix: target.prefix, run, step: number });
  const topic = reachesBroker(workload)
    ? await ensureTopic(target.kafka, {
        topic: name,
        topics: workload.topics,
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
    // A topic named in the settings is kept: it may have been there before, and the user may want to inspect it.
    if (topic.created && workload.topic === undefined) {
      await removeTopics(target.kafka, topicNames(name, count)).catch(() => {});
    }
  }
}

interface Topic {
  /** Its name, or the start of the names of several. */
  name: string;
  /** Of each topic. */
  partitions: number;
  replicationFactor: number;
  startOffsets: Record<number, string>;
}

/** One step while it runs. */
class StepRun {
  private readonly producers: Worker[];
  private readonly consumers: Worker[];
  private readonly id: { run: string; step: number };
  private readonly reports: AgentReports;
  private readonly startedAt = new Date().toISOString();
  private faults: StepFaults | undefined;
  /** Aborted when the step is abandoned. */
  private readonly abandoned = new AbortController();

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
    const selected = onNodes([...fleet.producers, ...fleet.consumers], workload.nodes);
    const workersAmong = (agents: Agent[], total: number) =>
      workersOf(
        agents.filter((agent) => selected.includes(agent)),
        total,
      );
    this.producers = workersAmong(fleet.producers, workload.producers);
    this.consumers = reachesBroker(workload) ? workersAmong(fleet.consumers, consumersInGroup(workload)) : [];
    this.id = { run: order.run, step: order.number };
    const agents = this.workers.map(({ agent }) => agent);
    this.reports = new AgentReports({ agents, id: this.id, workload, clock, listener, signal });
  }

  private get workers(): Worker[] {
    return [...this.producers, ...this.consumers];
  }

  async run(): Promise<Step> {
    // In a long run the machine's date is slewed or set, and the agents follow it.
    this.clock.resync();
    this.exchange.watch(this.workers.map(({ agent }) => peerOf(agent)));
    const connectSeconds = await this.prepare();
    checkClocks(this.exchange.findings(), this.clock.nowUs());
    const startUs = await this.start();
    const warmUp = await this.warmUp(Math.floor(startUs / 1e6));
    const measured = await this.measure();
    const drain = await this.drain(measured.toSec);
    this.listener.phase("collecting");
    const totals = await this.collect();
    const load = { startUs, endUs: measured.toSec * 1e6 };
    const { topic, listener, signal } = this;
    const toCheck = { topic, load, produced: totals.produced };
    const logCheck = await stepLogCheck(this.order, toCheck, listener, signal);
    const findings: StepFindings = {
      connectSeconds,
      startedAt: this.startedAt,
      warmUp,
      measured,
      drain,
      ...totals,
      logCheck,
      runner: this.exchange.findings(),
      timeline: this.reports.timeline,
      topic: this.topic,
      producers: this.producers.map(({ agent }) => agent),
      consumers: this.consumers.map(({ agent }) => agent),
      sameNode: this.sameNode !== null,
    };
    this.exchange.unwatch();
    return stepResult(this.order, findings);
  }

  /** Connects all clients, consumers first so that they receive every message. @returns how long it took, s */
  private async prepare(): Promise<number> {
    const { workload, benchmark, target, phase } = this.order;
    this.listener.phase(`connecting ${consumersInGroup(workload) * workload.groups} consumers`);
    const sources = this.producers.map(({ share }) => share.first);
    const prepare = async (workers: Worker[], watched: Worker[]) => {
      const peers = watched.map(({ agent }) => peerOf(agent));
      const answers = await Promise.all(
        workers.map(({ agent, share }) => {
          const kafka = { ...withoutSecrets(target.kafka), proxyRoute: target.proxyRoutes?.[agent.role] };
          const order: Prepare = {
            ...this.id,
            kafka,
            topic: this.topic.name,
            prefix: target.prefix,
            workload,
            share,
            pacing: benchmark.pacing,
            seed: benchmark.seed,
            startOffsets: this.topic.startOffsets,
            lateAfterUs: benchmark.slo.p99Ms * 100,
            peers,
            sources,
            sameNode: this.sameNode,
            ...(hasFaults(phase, benchmark) ? { ackGaps: true } : {}),
          };
          return agent.client.prepare(order);
        }),
      );
      return Math.max(...answers.map(({ connectSeconds }) => connectSeconds));
    };
    const consumersTook = await prepare(this.consumers, this.producers);
    this.signal.throwIfAborted();
    this.listener.phase(`connecting ${workload.producers} producers`);
    return Math.max(consumersTook, await prepare(this.producers, []));
  }

  /** For each producer task the partition that it also consumes to time its own messages; null: there are too few partitions. */
  private get sameNode(): (number | null)[] | null {
    const sources = this.producers.map(({ share }) => share.first);
    return ownPartitions(sources, this.topic.partitions, topicCount(this.order.workload));
  }

  /** Starts the producers. @returns when their schedules begin, µs since 1970 */
  private async start(): Promise<number> {
    const atUs = this.clock.nowUs() + START_LEAD_US;
    await Promise.all(this.producers.map(({ agent }) => agent.client.start({ ...this.id, atUs })));
    const sources = (workers: Worker[]) =>
      workers.map(({ agent }) => ({ task: agent.task, machine: agent.hello.machine.bootId }));
    this.reports.timeline = new Timeline(
      Math.floor(atUs / 1e6),
      { producers: sources(this.producers), consumers: sources(this.consumers) },
      this.order.workload.groups,
    );
    return atUs;
  }

  private async warmUp(startSec: number): Promise<{ steady: boolean; reason: string; seconds: number }> {
    const { warmUp } = this.order.benchmark;
    const leastSec = this.order.phase === "preheat" ? 0 : STEADY_WINDOW + REPORT_LAG_SEC + 1;
    const limits = { ...warmUp, max: Math.max(warmUp.max, leastSec) };
    const jit = new JitWarmUp(() => this.cpu());
    for (;;) {
      await this.reports.poll(jit.busy ? "warming up the brokers" : "warming up");
      if (reachesBroker(this.order.workload)) void jit.update();
      const seconds = this.reports.nowSec() - startSec;
      // The first second is not complete.
      const complete = this.reports.timeline.seconds.slice(1);
      const state = steadiness(steadyInputs(complete, this.order.workload.groups));
      const now = { seconds, steady: state.steady, jitBusy: jit.busy };
      if (isWarm(limits, now)) return { steady: state.steady, reason: state.reason, seconds };
    }
  }

  private async measure(): Promise<StepFindings["measured"]> {
    const setAt = (workers: Worker[], window: StepWindow) =>
      this.reports.keepPolling(
        Promise.all(workers.map(({ agent }) => agent.client.window({ ...this.id, ...window }))),
      );
    const { fromSec, toSec } = await setWindow(
      {
        consumers: (window) => setAt(this.consumers, window),
        producers: (window) => setAt(this.producers, window),
        nowSec: () => this.reports.nowSec(),
      },
      this.order.benchmark.duration,
    );
    this.reports.timeline.measure(fromSec, toSec);
    const nowSec = () => this.reports.nowSec();
    const measuring = { fromSec, toSec, nowSec, topic: this.topic, consumers: this.consumers };
    const signal = AbortSignal.any([this.signal, this.abandoned.signal]);
    const faults = beginFaults(this.order, measuring, this.listener, signal);
    this.faults = faults;
    try {
      await this.reports.pollUntil(fromSec, "about to measure");
      const before = await this.readings();
      await this.reports.pollUntil(toSec, "measuring");
      return { fromSec, toSec, before, after: await this.readings() };
    } finally {
      faults.end();
    }
  }

  private readings(): Promise<Readings> {
    return takeReadings(this.order.target.brokerMetrics, this.order.probes);
  }

  private cpu(): Promise<CpuReading | undefined> {
    return readBrokerCpu(this.order.target.brokerMetrics);
  }

  /** Waits until every acknowledged message is delivered or known to be lost, or until the limit of the drain. */
  private async drain(toSec: number): Promise<StepFindings["drain"]> {
    const { workload, benchmark } = this.order;
    const withBroker = reachesBroker(workload);
    const drained = await drain(
      {
        poll: () => this.reports.poll("draining"),
        nowSec: () => this.reports.nowSec(),
        progress: () => {
          const { idle, acked } = this.reports.producers();
          return { idle, acked, delivered: withBroker ? this.reports.deliveredToAll() : acked };
        },
        // A consumer that is still joining after a fault reads what nobody else does.
        ready: () => {
          const back = this.faults?.consumersBack();
          return back && this.reports.keepPolling(unlessAborted(this.signal, back));
        },
        tallies: () =>
          this.reports.keepPolling(Promise.all(this.workers.map(({ agent }) => agent.client.tally(this.id)))),
        log: () => this.logOffsets(),
      },
      { toSec, deadlineSec: toSec + benchmark.drain, acks: workload.acks, starts: this.topic.startOffsets },
    );
    // If the drain hit its limit, only the reports of the measured time are awaited.
    const reported = drained.seconds === null ? toSec : Math.max(toSec, Math.floor(this.reports.nowSec()));
    await this.reports.untilReported(reported);
    return drained;
  }

  private async collect(): Promise<Pick<StepFindings, "produced" | "consumed" | "unread">> {
    const order = { ...this.id, timeoutMs: 1_000 };
    const collect = (workers: Worker[]) =>
      Promise.all(workers.map(({ agent }) => agent.client.collect(order)));
    await this.exchange.burst();
    // Producers first, so that messages that they are still sending can arrive.
    const produced = (await this.reports.keepPolling(collect(this.producers))) as ProducerTotals[];
    const log = reachesBroker(this.order.workload) ? await this.logEnds() : {};
    const consumed = (await collect(this.consumers)) as ConsumerTotals[];
    const unread = log && unreadOf(positionsByGroup(consumed), log, this.topic.startOffsets);
    return { produced, consumed, unread };
  }

  /** The log's offsets; null if Kafka does not answer. */
  private logEnds(): Promise<LogOffsets | null> {
    return this.reports.keepPolling(this.logOffsets().catch(() => null));
  }

  private logOffsets(): Promise<LogOffsets> {
    const { workload, target } = this.order;
    const names = topicNames(this.topic.name, topicCount(workload));
    return logOffsets(target.kafka, names, this.topic.partitions);
  }

  /** Ends the step at the agents that can be reached. The others end it themselves after their orphan timeout. */
  async abandon(): Promise<void> {
    this.abandoned.abort();
    this.exchange.unwatch();
    const collect = ({ agent }: Worker) => agent.client.collect({ ...this.id, timeoutMs: 0 });
    await Promise.allSettled(
      this.workers.map((worker) => within(ABANDON_MS, "the end of the step", collect(worker))),
    );
  }
}
