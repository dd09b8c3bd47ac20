// The second estimator of latency: a producer task consumes some of its own messages. They are sent and received on one
// machine, so they are timed by its monotonic clock and need no clock synchronisation.
import { LatencyHistogram } from "../../contract/histogram.ts";
import { ofTopic, topicCount, topicNames } from "../../contract/topics.ts";
import type { ClientAdapter, ConsumerPort } from "../clients/port.ts";
import { readStamp, runMark, type Stamp } from "../load/message.ts";
import { SequenceTracker } from "../measure/sequences.ts";
import type { WallClock } from "../wallClock.ts";
import { type PrepareWithSecrets, stepName } from "./protocol.ts";
import type { StepWindow } from "./step.ts";

/** Consumes one partition for a producer task, and times the task's own messages. */
export class OwnMessages {
  private readonly latency = new LatencyHistogram();
  private readonly stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
  /** The messages that were received, so that only the first delivery is timed. */
  private sequences = new SequenceTracker();
  private window: StepWindow | undefined;
  private consumer: ConsumerPort | undefined;

  private readonly order: PrepareWithSecrets;
  private readonly partition: number;
  private readonly clock: Pick<WallClock, "nowUs" | "steadyUs" | "steadyAt">;

  /** @param partition the partition to consume, numbered over all topics; messages of other tasks in it are ignored */
  constructor(
    order: PrepareWithSecrets,
    partition: number,
    clock: Pick<WallClock, "nowUs" | "steadyUs" | "steadyAt">,
  ) {
    this.order = order;
    this.partition = partition;
    this.clock = clock;
  }

  async connect(adapter: ClientAdapter): Promise<void> {
    const { run, kafka, workload, startOffsets, share } = this.order;
    const group = `${stepName(this.order)}-own-${share.first}`;
    const mark = runMark(run);
    const index = Math.floor(this.partition / workload.partitions);
    const topic = topicNames(this.order.topic, topicCount(workload))[index] as string;
    this.consumer = await adapter.connectConsumer(
      { ...kafka, proxyRoute: undefined }, // only producers use the proxy route
      group,
      {
        topic,
        group,
        fetch: workload.fetch,
        startOffsets: ofTopic(startOffsets, index, workload.partitions),
        only: [this.partition % workload.partitions],
      },
      this.clock.steadyUs,
      ({ values, receivedUs }) => {
        for (const value of values) this.receive(value, mark, receivedUs);
      },
    );
  }

  /** @param receivedUs by the monotonic clock */
  private receive(value: Buffer, mark: number, receivedUs: number): void {
    const { stamp, window, order } = this;
    if (!window || !readStamp(value, stamp) || stamp.run !== mark || stamp.step !== order.step) return;
    const { first, count } = order.share;
    if (stamp.producer < first || stamp.producer >= first + count) return;
    if (stamp.intendedUs < window.fromUs || stamp.intendedUs >= window.toUs) return;
    if (!this.sequences.record(stamp.producer, this.partition, stamp.sequence)) return;
    this.latency.record(receivedUs - this.clock.steadyAt(stamp.intendedUs));
  }

  /** Sets the measurement window. A later call starts over. */
  measure(window: StepWindow): void {
    this.window = window;
    this.sequences = new SequenceTracker();
    this.latency.reset();
  }

  encode(): string {
    return this.latency.encode();
  }

  async close(): Promise<void> {
    await this.consumer?.close();
  }
}
