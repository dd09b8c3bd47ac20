// One consumer of @platformatic/kafka, until its stream ends.
import { GROUP } from "./group.ts";
import type { ClientAdapter } from "./port.ts";
import { COMMIT_INTERVAL_MS, ReachedOffsets } from "./reached.ts";

/** Messages that the client's stream buffers before they are read. */
const HIGH_WATER_MARK = 1_024;

type Package = typeof import("@platformatic/kafka");
type Consumer = import("@platformatic/kafka").Consumer<Buffer, Buffer, Buffer, Buffer>;
type Stream = import("@platformatic/kafka").MessagesStream<Buffer, Buffer, Buffer, Buffer>;
type Connection = Pick<
  import("@platformatic/kafka").ConsumerOptions<Buffer, Buffer, Buffer, Buffer>,
  "clientId" | "bootstrapBrokers" | "groupId"
>;
type Options = Parameters<ClientAdapter["connectConsumer"]>[2];

/** What a session tells its owner. */
interface SessionListener {
  nowUs(): number;
  receive: Parameters<ClientAdapter["connectConsumer"]>[4];
  /** It has joined its group, the first time included. */
  joined(): void;
  /** An error, which may or may not end it. */
  failed(error: unknown): void;
  /** Its stream has failed, and delivers nothing more. */
  ended(): void;
}

/** A consumer that has joined its group. */
export interface ConsumerSession {
  assigned(): number[];
  /** Commits what it has read, and closes. */
  leave(): Promise<void>;
  /** Ends its connections, so that it neither commits nor leaves its group. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Resolves when the consumer has joined its group. @throws any error of the client; then it is closed */
export async function openSession(
  { Consumer }: Pick<Package, "Consumer">,
  connection: Connection,
  { topic, fetch, startOffsets }: Options,
  { nowUs, receive, joined, failed, ended }: SessionListener,
): Promise<ConsumerSession> {
  const consumer: Consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...connection,
    ...GROUP,
    autocommit: false,
    highWaterMark: HIGH_WATER_MARK,
    minBytes: fetch.minBytes,
    maxBytes: fetch.maxBytes,
    maxWaitTime: fetch.maxWaitMs,
  });
  const offsets = Object.entries(startOffsets).map(([partition, offset]) => ({
    topic,
    partition: Number(partition),
    offset: BigInt(offset),
  }));
  const joining = consumer.consume(
    offsets.length > 0
      ? { topics: [topic], mode: "manual", offsets }
      : { topics: [topic], mode: "committed", fallbackMode: "earliest" },
  );
  const stream = await joining.catch(async (error) => {
    // Otherwise it would stay in its group.
    await consumer.close(true).catch(() => {});
    throw error;
  });
  let [opened, closing, killed] = [false, false, false];
  const failedUnlessKilled = (error: unknown) => {
    if (!killed) failed(error);
  };
  stream.on("error", failedUnlessKilled);
  stream.on("close", () => {
    if (opened && !closing) ended();
  });
  const commits = new Commits(consumer, stream, topic, failedUnlessKilled);
  joined();
  consumer.on("consumer:group:join", joined);
  // In manual mode, others may have read further before it joined.
  if (offsets.length > 0) await commits.rejoin();
  stream.on("data", ({ partition, value, offset: bigOffset }) => {
    const [receivedUs, offset] = [nowUs(), Number(bigOffset)];
    if (killed || !commits.isNext(partition, offset)) return;
    receive({ partition, values: [value], offsets: [offset], nextOffset: offset + 1, receivedUs });
    commits.read(partition, offset + 1);
  });
  const close = async () => {
    closing = true;
    commits.end();
    await stream.close();
    await consumer.close(true);
  };
  if (stream.destroyed) {
    await close().catch(() => {});
    throw stream.errored ?? new Error("the stream ended while the consumer joined its group");
  }
  opened = true;
  return {
    assigned: () => assignedTo(consumer, topic),
    leave: async () => {
      closing = true;
      await stream.close();
      await commits.flush();
      await close();
    },
    kill: async () => {
      [closing, killed] = [true, true];
      commits.end();
      // When it closes, the client sends LeaveGroup only over a connection that it has. A closed pool makes no new ones.
      await Promise.all([consumer.connections.close(), stream.connections.close()]);
      stream.destroy();
      await consumer.close(true);
    },
    close,
  };
}

function assignedTo(consumer: Consumer, topic: string): number[] {
  return consumer.assignments?.find((each) => each.topic === topic)?.partitions ?? [];
}

/**
 * Commits what one consumer has read. During a rebalance its stream is paused, because it would go on with the old assignment;
 * then each partition continues at the offset that the group knows.
 */
class Commits {
  private readonly reached = new ReachedOffsets();
  private owned: ReadonlySet<number>;
  private rejoining = false;
  private joins = 0;
  private readonly timer = setInterval(() => void this.flush(), COMMIT_INTERVAL_MS).unref();

  private readonly consumer: Consumer;
  private readonly stream: Stream;
  private readonly topic: string;
  private readonly failed: (error: unknown) => void;

  /** @param failed gets the error if the group's offsets cannot be read */
  constructor(consumer: Consumer, stream: Stream, topic: string, failed: (error: unknown) => void) {
    this.consumer = consumer;
    this.stream = stream;
    this.topic = topic;
    this.failed = failed;
    this.owned = new Set(assignedTo(consumer, topic));
    consumer.on("consumer:group:rebalance", () => this.leave());
    consumer.on("consumer:group:join", () => void this.rejoin());
  }

  /**
   * Whether a message is to be received. After a rebalance the stream may still have messages of partitions that were taken away,
   * which their new owner reads, and may fetch again what it had fetched just before.
   */
  isNext(partition: number, offset: number): boolean {
    if (!this.owned.has(partition)) return false;
    return offset >= (this.reached.nextOf(partition) ?? 0);
  }

  read(partition: number, nextOffset: number): void {
    this.reached.read(partition, nextOffset);
  }

  /** The event comes again if a commit fails meanwhile: then there is nothing left to do. */
  private leave(): void {
    if (this.rejoining) return;
    void this.flush();
    this.rejoining = true;
    this.stream.pause();
  }

  /** Continues every partition where the group has read to, unless it has read the partition itself. */
  async rejoin(): Promise<void> {
    const { consumer, stream, topic } = this;
    this.joins += 1;
    const { joins } = this;
    this.rejoining = true;
    stream.pause();
    const assigned = assignedTo(consumer, topic);
    this.owned = new Set(assigned);
    this.reached.retain(assigned);
    const committed = await this.committed(assigned);
    if (joins !== this.joins) return; // another rebalance has begun meanwhile
    for (const partition of assigned) {
      const offset = committed[partition] ?? -1n;
      // Partitions that it has read itself continue where it was.
      if (offset >= 0n && this.reached.nextOf(partition) === undefined)
        stream.offsetsToFetch.set(`${topic}:${partition}`, offset);
    }
    this.rejoining = false;
    stream.resume();
  }

  /** The offsets that the group knows, by partition; -1: none. */
  private async committed(partitions: number[]): Promise<readonly bigint[]> {
    const { consumer, topic } = this;
    if (partitions.length === 0) return [];
    const topics = [{ topic, partitions }];
    try {
      return (await consumer.listCommittedOffsets({ topics })).get(topic) ?? [];
    } catch (error) {
      this.failed(error);
      return [];
    }
  }

  /** Never fails. */
  async flush(): Promise<void> {
    const offsets = this.reached.uncommitted();
    if (this.rejoining || offsets.length === 0) return;
    const { topic, consumer } = this;
    await consumer
      .commit({
        offsets: offsets.map(({ partition, offset }) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      })
      .then(
        () => this.reached.confirm(offsets),
        () => {}, // the next commit includes them
      );
  }

  end(): void {
    clearInterval(this.timer);
  }
}
