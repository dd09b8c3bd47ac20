// A step of a consumer task, with its logical consumers of each group.
import { LatencyHistogram } from "../../contract/histogram.ts";
import { ofTopic, topicCount, topicNames, topicOf } from "../../contract/topics.ts";
import type { ClientAdapter, ConsumerPort, ReceivedBatch } from "../clients/port.ts";
import { readStamp, runMark, type Stamp } from "../load/message.ts";
import { added } from "../measure/account.ts";
import type { SelfWatch } from "../measure/self.ts";
import { SequenceTracker } from "../measure/sequences.ts";
import { reason } from "../reason.ts";
import type { WallClock } from "../wallClock.ts";
import { conflict } from "./errors.ts";
import { inBatches } from "./inBatches.ts";
import { Members } from "./members.ts";
import { Positions } from "./positions.ts";
import {
  type ConsumerReport,
  type ConsumerSecond,
  type ConsumerTotals,
  type MemberChange,
  type Prepared,
  type PrepareWithSecrets,
  sliceUs,
  stepName,
  type Tally,
} from "./protocol.ts";
import { Seconds } from "./seconds.ts";
import type { AgentStep, StepWindow } from "./step.ts";

type Counts = Omit<ConsumerSecond, "at" | "latency" | "sendToReceive" | "rejoins" | "errors" | "self"> & {
  latency: LatencyHistogram;
  sendToReceive: LatencyHistogram;
};

/** This task's consumers of one group. With several topics, each topic has a group of its own in Kafka. */
interface Group {
  name: string;
  members: Members;
  sequences: SequenceTracker;
  positions: Positions;
  /** Latencies in the measurement window, by producer. */
  byProducer: LatencyHistogram[];
}

/** Counts and times the deliveries of one step to this task's consumers. */
export class ConsumerStep implements AgentStep {
  private groups: Group[] = [];
  private readonly mark: number;
  private readonly stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
  private readonly seconds: Seconds<Counts>;
  private readonly reported: ConsumerSecond[] = [];
  private reportedErrors: Record<string, number> = {};
  private reportedJoins = 0;
  private fromUs = Number.POSITIVE_INFINITY;
  private toUs = Number.POSITIVE_INFINITY;
  private sliceUs = 1;
  private measured = newMeasured();
  private foreign = 0;
  private malformed = 0;

  private readonly order: PrepareWithSecrets;
  private readonly adapter: ClientAdapter;
  private readonly clock: WallClock;
  private readonly self: SelfWatch;

  constructor(order: PrepareWithSecrets, adapter: ClientAdapter, clock: WallClock, self: SelfWatch) {
    this.order = order;
    this.adapter = adapter;
    this.clock = clock;
    this.self = self;

    this.mark = runMark(order.run);
    this.seconds = new Seconds(Math.floor(clock.nowUs() / 1e6), newCounts);
  }

  async prepare(): Promise<Prepared> {
    const began = performance.now();
    const { workload } = this.order;
    this.groups = Array.from({ length: workload.groups }, (_, index) => {
      const group: Group = {
        name: this.groupName(index),
        members: new Members((member) => this.connect(group, member)),
        sequences: new SequenceTracker(),
        positions: new Positions(),
        byProducer: [],
      };
      return group;
    });
    const { first, count } = this.order.share;
    const share = Array.from({ length: count }, (_, index) => first + index);
    await Promise.all(this.groups.map(({ members }) => members.joinAll(share)));
    this.reportedJoins = this.joins();
    return {
      connectSeconds: (performance.now() - began) / 1_000,
      assigned: Object.fromEntries(
        this.groups.map(({ name, members }) => [
          name,
          members
            .assigned()
            .flatMap(([member, partitions]) =>
              partitions.map((partition) => this.numberOf(this.topicOf(member), partition)),
            ),
        ]),
      ),
    };
  }

  /** Unique for each step, so that the group has no earlier offsets and no other members. */
  private groupName(index: number): string {
    return `${stepName(this.order)}-g${index + 1}`;
  }

  /** The number of a topic's partition among those of all topics. */
  private numberOf(topic: number, partition: number): number {
    return topic * this.order.workload.partitions + partition;
  }

  /** The index of the topic that a consumer of each group reads. */
  private topicOf(member: number): number {
    return topicOf(member, topicCount(this.order.workload));
  }

  async member(consumer: number, change: MemberChange): Promise<void> {
    const { first, count } = this.order.share;
    if (consumer < first || consumer >= first + count)
      throw conflict(`consumer ${consumer + 1} is not in this task's share`);
    try {
      await inBatches(this.groups, this.groups.length, ({ members }) => members[change](consumer));
    } catch (error) {
      throw conflict(`consumer ${consumer + 1}, ${change}: ${reason(error)}`);
    }
  }

  private connect(group: Group, member: number): Promise<ConsumerPort> {
    const { kafka, workload, startOffsets } = this.order;
    const topic = this.topicOf(member);
    const topics = topicNames(this.order.topic, topicCount(workload));
    return this.adapter.connectConsumer(
      kafka,
      `${group.name}-c${member}`,
      {
        topic: topics[topic] as string,
        group: topics.length === 1 ? group.name : `${group.name}-t${topic + 1}`,
        fetch: workload.fetch,
        startOffsets: ofTopic(startOffsets, topic, workload.partitions),
      },
      this.clock.nowUs,
      (batch) => this.receive(group, { ...batch, partition: this.numberOf(topic, batch.partition) }),
    );
  }

  /** @param batch its partition is numbered over all topics */
  private receive(group: Group, batch: ReceivedBatch): void {
    const { partition, values, offsets, nextOffset, receivedUs } = batch;
    const { stamp, mark, order } = this;
    const counts = this.seconds.at(receivedUs);
    const position = group.positions.next(partition) ?? 0;
    for (const [index, value] of values.entries()) {
      const isReread = (offsets[index] as number) < position;
      if (!readStamp(value, stamp)) {
        if (!isReread) this.malformed += 1;
      } else if (stamp.run !== mark || stamp.step !== order.step) {
        if (!isReread) this.foreign += 1;
      } else if (isReread) {
        this.recordRepeat(receivedUs, true);
      } else if (group.sequences.record(stamp.producer, partition, stamp.sequence)) {
        this.record(group, partition, counts, value.length, receivedUs);
      } else {
        this.recordRepeat(receivedUs, false);
      }
    }
    group.positions.read(partition, { from: offsets[0] ?? nextOffset, to: nextOffset });
  }

  /** Records the first delivery of a message. */
  private record(group: Group, partition: number, counts: Counts, bytes: number, receivedUs: number): void {
    const { producer, intendedUs, sentUs } = this.stamp;
    const latencyUs = receivedUs - intendedUs;
    counts.delivered += 1;
    counts.bytes += bytes;
    counts.latency.record(latencyUs);
    counts.sendToReceive.record(receivedUs - sentUs);
    if (!this.isMeasured(intendedUs)) return;
    const { measured } = this;
    measured.bytes += bytes;
    measured.sendToReceive.record(receivedUs - sentUs);
    histogramOf(group.byProducer, producer, 2).record(latencyUs);
    const source = this.sourceOf(producer);
    measured.latencies[source] ??= [];
    const slice = Math.floor((intendedUs - this.fromUs) / this.sliceUs);
    histogramOf(measured.latencies[source], slice).record(latencyUs);
    if (partition === this.order.sameNode?.[source] && group === this.groups[0]) {
      histogramOf(measured.sameNode, source).record(latencyUs);
    }
  }

  /** Records a delivery of a message that was delivered before. @param reread whether its offset was read before */
  private recordRepeat(receivedUs: number, reread: boolean): void {
    const { intendedUs } = this.stamp;
    if (!this.isMeasured(intendedUs)) return;
    this.measured.repeats.record(receivedUs - intendedUs);
    if (reread) this.measured.reread += 1;
  }

  private isMeasured(intendedUs: number): boolean {
    return intendedUs >= this.fromUs && intendedUs < this.toUs;
  }

  /** The index of the producer task that runs a logical producer. */
  private sourceOf(producer: number): number {
    const { sources } = this.order;
    let source = sources.length - 1;
    while (source > 0 && producer < (sources[source] as number)) source -= 1;
    return Math.max(0, source);
  }

  start(): void {
    throw conflict("consumers cannot be started: they receive as soon as they are prepared");
  }

  /** Sets the measurement window. A later call starts over. */
  measure({ fromUs, toUs }: StepWindow): undefined {
    this.measured = newMeasured();
    for (const group of this.groups) group.byProducer = [];
    this.sliceUs = sliceUs({ fromUs, toUs });
    this.fromUs = fromUs;
    this.toUs = toUs;
  }

  stop(): void {} // consumers schedule nothing

  tick(): void {
    const self = this.self.sample();
    for (const { at, entry } of this.seconds.settled(this.clock.nowUs())) {
      const { latency, sendToReceive, ...counts } = entry;
      this.reported.push({
        at,
        ...counts,
        rejoins: this.newJoins(),
        errors: this.newErrors(),
        self,
        latency: latency.encode(),
        sendToReceive: sendToReceive.encode(),
      });
    }
  }

  private newErrors(): Record<string, number> {
    const now = this.errors();
    const increases = Object.entries(now).map(([kind, count]) => [
      kind,
      count - (this.reportedErrors[kind] ?? 0),
    ]);
    this.reportedErrors = now;
    return Object.fromEntries(increases.filter(([, count]) => count !== 0));
  }

  private errors(): Record<string, number> {
    return added(this.groups.map(({ members }) => members.errors()));
  }

  private newJoins(): number {
    const before = this.reportedJoins;
    this.reportedJoins = this.joins();
    return this.reportedJoins - before;
  }

  private joins(): number {
    return this.groups.reduce((sum, { members }) => sum + members.joins(), 0);
  }

  report(after: number): ConsumerReport {
    return {
      role: "consumer",
      next: this.reported.length,
      failed: null,
      seconds: this.reported.slice(after),
      delivered: Object.fromEntries(this.groups.map(({ name, sequences }) => [name, sequences.delivered])),
    };
  }

  tally(): Tally {
    return {
      producers: [],
      groups: Object.fromEntries(
        this.groups.map(({ name, sequences, positions }) => [
          name,
          {
            producers: sequences
              .totals()
              .map(({ producer, received }) => ({ producer, received: received.encode() })),
            positions: positions.all(),
          },
        ]),
      ),
    };
  }

  async collect(): Promise<ConsumerTotals> {
    const { latencies, sendToReceive, sameNode, repeats, reread, bytes } = this.measured;
    return {
      role: "consumer",
      groups: Object.fromEntries(this.groups.map((group) => [group.name, groupTotals(group)])),
      positions: Object.fromEntries(this.groups.map(({ name, positions }) => [name, positions.all()])),
      latencies: latencies.flatMap((slices, source) =>
        slices.map((latency, slice) => ({ source, slice, latency: latency.encode() })),
      ),
      sendToReceive: sendToReceive.encode(),
      repeats: repeats.encode(),
      reread,
      sameNode: sameNode.flatMap((latency, source) => [{ source, latency: latency.encode() }]),
      bytes,
      foreign: this.foreign,
      malformed: this.malformed,
      errors: this.errors(),
      clocks: [],
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.groups.map(({ members }) => members.close()));
  }
}

function histogramOf(histograms: LatencyHistogram[], index: number, digits: 2 | 3 = 3): LatencyHistogram {
  let histogram = histograms[index];
  if (!histogram) {
    histogram = new LatencyHistogram(digits);
    histograms[index] = histogram;
  }
  return histogram;
}

function groupTotals({ sequences, byProducer }: Group): ConsumerTotals["groups"][string] {
  const nothing = new LatencyHistogram(2).encode();
  return sequences.totals().map(({ producer, received, duplicated, reordered }) => ({
    producer,
    received: received.encode(),
    duplicated,
    reordered,
    latency: byProducer[producer]?.encode() ?? nothing,
  }));
}

/** What is recorded in the measurement window. */
function newMeasured() {
  return {
    bytes: 0,
    sendToReceive: new LatencyHistogram(),
    /** Latencies by source and slice. */
    latencies: [] as LatencyHistogram[][],
    /** Latencies of the messages that their own task consumes too, by source. */
    sameNode: [] as LatencyHistogram[],
    repeats: new LatencyHistogram(),
    reread: 0,
  };
}

function newCounts(): Counts {
  return { delivered: 0, bytes: 0, latency: new LatencyHistogram(), sendToReceive: new LatencyHistogram() };
}
