// A step of a producer task: its logical producers share one dispatcher.
import { LatencyHistogram } from "../../contract/histogram.ts";
import { topicCount, topicNames, topicOf } from "../../contract/topics.ts";
import { errorKind } from "../clients/errorKind.ts";
import type { ClientAdapter, ProducerPort } from "../clients/port.ts";
import { Dispatcher } from "../load/dispatcher.ts";
import { keysOf } from "../load/keys.ts";
import { runMark } from "../load/message.ts";
import { openPacer } from "../load/pacer.ts";
import { payloadsOf } from "../load/payload.ts";
import { type Due, LogicalProducer, type ProducerListener } from "../load/producer.ts";
import { randomOf } from "../load/random.ts";
import { scheduleOfProducer } from "../load/schedule.ts";
import { AckGaps, gapsKept } from "../measure/ackGaps.ts";
import type { SelfWatch } from "../measure/self.ts";
import type { WallClock } from "../wallClock.ts";
import { conflict } from "./errors.ts";
import { inBatches } from "./inBatches.ts";
import { OwnMessages } from "./ownMessages.ts";
import {
  type Prepared,
  type PrepareWithSecrets,
  type ProducerReport,
  type ProducerSecond,
  type ProducerTotals,
  stepName,
  type Tally,
} from "./protocol.ts";
import { Seconds } from "./seconds.ts";
import type { AgentStep, StepWindow } from "./step.ts";

/** Concurrent connection attempts: a broker's listen backlog holds 50. */
const CONNECT_CONCURRENCY = 50;
const POLL_EVERY_MS = 20;
/** The last component of the seed for sizes, content and keys. The schedule has other random numbers. */
const CONTENT = 1;

type Counts = Omit<ProducerSecond, "at" | "ack" | "lag" | "self"> & {
  ack: LatencyHistogram;
  lag: LatencyHistogram;
};

/** Sends the messages of one step, and counts them. */
export class ProducerStep implements AgentStep, ProducerListener {
  private producers: LogicalProducer[] = [];
  private readonly dispatcher: Dispatcher;
  private seconds: Seconds<Counts> | undefined;
  private readonly reported: ProducerSecond[] = [];
  private readonly totals = { offered: 0, sent: 0, acked: 0, failed: 0 };
  private window: StepWindow | undefined;
  private measured = newMeasured();
  private readonly own: OwnMessages | undefined;
  /** Set at the start of a step in which faults may act. */
  private ackGaps: AckGaps | undefined;
  private finished = false;
  private failure: string | null = null;

  private readonly order: PrepareWithSecrets;
  private readonly adapter: ClientAdapter;
  private readonly clock: WallClock;
  private readonly self: SelfWatch;
  private readonly ownAdapter: ClientAdapter;

  /** @param ownAdapter the client that consumes the task's own messages */
  constructor(
    order: PrepareWithSecrets,
    adapter: ClientAdapter,
    clock: WallClock,
    self: SelfWatch,
    ownAdapter: ClientAdapter = adapter,
  ) {
    this.order = order;
    this.adapter = adapter;
    this.clock = clock;
    this.self = self;
    this.ownAdapter = ownAdapter;

    const partition = order.sameNode?.[order.sources.indexOf(order.share.first)];
    this.own =
      partition === undefined || partition === null ? undefined : new OwnMessages(order, partition, clock);
    this.dispatcher = new Dispatcher(clock, openPacer(order.pacing, clock));
    this.dispatcher.done.then(
      () => {
        for (const producer of this.producers) producer.flush();
        this.finished = true;
      },
      (error: Error) => {
        this.failure = `the dispatcher failed: ${error.stack ?? error.message}`;
      },
    );
  }

  async prepare(): Promise<Prepared> {
    const began = performance.now();
    const { share, workload, topic, kafka } = this.order;
    const { acks, idempotent, compression } = workload;
    const topics = topicNames(topic, topicCount(workload));
    const optionsOf = (index: number) => ({
      topic: topics[topicOf(index, topics.length)] as string,
      acks,
      idempotent,
      compression,
    });
    const indexes = Array.from({ length: share.count }, (_, index) => share.first + index);
    const own = this.own?.connect(this.ownAdapter);
    own?.catch(() => {}); // awaited below, after errors of the producers
    const ports = await inBatches(indexes, CONNECT_CONCURRENCY, (index) =>
      this.adapter.connectProducer(kafka, `${stepName(this.order)}-p${index}`, optionsOf(index)),
    );
    this.producers = ports.map((port, position) => this.producer(port, indexes[position] as number));
    await own;
    return { connectSeconds: (performance.now() - began) / 1_000, assigned: {} };
  }

  private producer(port: ProducerPort, index: number): LogicalProducer {
    const { workload, seed, run, step, lateAfterUs } = this.order;
    const { lingerMs, batchBytes, maxOutstanding } = workload;
    // Seeded by its number among all producers, so that its messages do not depend on the task that runs it.
    const random = randomOf(seed, step, index, CONTENT);
    const producer = new LogicalProducer(
      port,
      { run: runMark(run), step, producer: index, lingerMs, batchBytes, maxOutstanding, lateAfterUs },
      payloadsOf(workload.messageBytes, workload.content, random),
      keysOf(workload.keys, random),
      this.clock.nowUs,
      this,
    );
    this.dispatcher.add(
      scheduleOfProducer(this.order, index),
      (sequence, intendedUs) => {
        this.due(intendedUs);
        producer.due(sequence, intendedUs);
      },
      (sequence, intendedUs) => producer.missed(sequence, intendedUs),
    );
    return producer;
  }

  start(atUs: number): void {
    if (this.seconds) throw conflict("the step has already been started");
    this.seconds = new Seconds(Math.floor(atUs / 1e6), newCounts);
    const { workload, ackGaps } = this.order;
    if (ackGaps === true)
      this.ackGaps = new AckGaps(atUs, gapsKept(workload.partitions * topicCount(workload)));
    this.dispatcher.start(atUs);
  }

  /** @throws HttpError 409 if the step has not been started, or if its last message has been scheduled */
  measure(window: StepWindow): number | undefined {
    if (!this.seconds) throw conflict("the step has not been started");
    if (this.dispatcher.ended) throw conflict("the step has already scheduled its last message");
    const { latestUs } = this.dispatcher;
    if (latestUs >= window.fromUs) return Math.floor(latestUs) + 1;
    this.window = window;
    this.measured = newMeasured();
    this.own?.measure(window);
    for (const producer of this.producers) producer.measureFrom(window.fromUs);
    this.dispatcher.until(window.toUs);
    return undefined;
  }

  async member(): Promise<void> {
    throw conflict("producers are in no group");
  }

  stop(): void {
    this.dispatcher.stop();
  }

  private due(intendedUs: number): void {
    const counts = this.countsAt(intendedUs);
    const lagUs = this.clock.nowUs() - intendedUs;
    counts.offered += 1;
    counts.lag.record(lagUs);
    this.totals.offered += 1;
    if (this.isMeasured(intendedUs)) this.measured.lag.record(lagUs);
  }

  sent(messages: readonly Due[], late: number, atUs: number): void {
    const counts = this.countsAt(atUs);
    counts.sent += messages.length;
    counts.late += late;
    this.totals.sent += messages.length;
  }

  acked(
    messages: readonly Due[],
    sentUs: number,
    atUs: number,
    partitions: readonly number[],
    producer: number,
  ): void {
    const counts = this.countsAt(atUs);
    counts.acked += messages.length;
    this.totals.acked += messages.length;
    for (const { intendedUs } of messages) {
      counts.ack.record(atUs - sentUs);
      if (this.isMeasured(intendedUs)) this.measured.ack.record(atUs - sentUs);
    }
    if (!this.ackGaps) return;
    const { workload } = this.order;
    const first = topicOf(producer, topicCount(workload)) * workload.partitions;
    this.ackGaps.addBatch(messages, first, partitions, atUs);
  }

  failed(messages: readonly Due[], error: unknown, atUs: number): void {
    const kind = errorKind(error);
    count(this.countsAt(atUs).errors, kind, messages.length);
    this.totals.failed += messages.length;
    const measured = messages.filter(({ intendedUs }) => this.isMeasured(intendedUs)).length;
    if (measured > 0) count(this.measured.errors, kind, measured);
  }

  private countsAt(us: number): Counts {
    return (this.seconds as Seconds<Counts>).at(us);
  }

  private isMeasured(intendedUs: number): boolean {
    const { window } = this;
    return window !== undefined && intendedUs >= window.fromUs && intendedUs < window.toUs;
  }

  /** Called each second. Moves complete seconds into the report. */
  tick(): void {
    const self = this.self.sample();
    for (const { at, entry } of this.seconds?.settled(this.clock.nowUs()) ?? []) {
      this.reported.push({ at, ...entry, ack: entry.ack.encode(), lag: entry.lag.encode(), self });
    }
  }

  report(after: number): ProducerReport {
    const { waiting, outstanding } = this.inFlight();
    return {
      role: "producer",
      next: this.reported.length,
      failed: this.failure,
      seconds: this.reported.slice(after),
      totals: { ...this.totals, waiting, outstanding },
      idle: this.finished && outstanding === 0,
    };
  }

  private inFlight(): { waiting: number; outstanding: number } {
    let [waiting, outstanding] = [0, 0];
    for (const producer of this.producers) {
      waiting += producer.waiting;
      outstanding += producer.outstanding;
    }
    return { waiting, outstanding };
  }

  tally(): Tally {
    const producers = this.producers.map((producer, position) => ({
      producer: this.order.share.first + position,
      acked: producer.encodeAcked(),
    }));
    return { producers, groups: {} };
  }

  async collect(timeoutMs: number): Promise<ProducerTotals> {
    this.dispatcher.abandon();
    const deadline = performance.now() + timeoutMs;
    while (this.inFlight().outstanding > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    }
    const { ack, lag, errors } = this.measured;
    return {
      role: "producer",
      producers: this.producers.map((producer) => producer.totals()),
      errors,
      ack: ack.encode(),
      lag: lag.encode(),
      sameNode: this.own?.encode() ?? null,
      ...(this.ackGaps ? { ackGaps: this.ackGaps.all() } : {}),
      clocks: [],
    };
  }

  async close(): Promise<void> {
    this.dispatcher.stop();
    await Promise.allSettled([this.own, ...this.producers].map((each) => each?.close()));
  }
}

/** What is recorded in the measurement window. */
function newMeasured() {
  return {
    ack: new LatencyHistogram(),
    lag: new LatencyHistogram(),
    errors: {} as Record<string, number>,
  };
}

function newCounts(): Counts {
  const [ack, lag] = [new LatencyHistogram(), new LatencyHistogram()];
  return { offered: 0, sent: 0, acked: 0, late: 0, errors: {}, ack, lag };
}

function count(counts: Record<string, number>, name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more;
}
