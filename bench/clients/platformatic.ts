// The client @platformatic/kafka. Its package is loaded on first use, because it needs a newer Node.js than the program.

import type { KafkaTarget } from "../../contract/target.ts";
import platformaticPackage from "../../node_modules/@platformatic/kafka/package.json" with { type: "json" };
import { errorKind } from "./errorKind.ts";
import type { ClientAdapter } from "./port.ts";
import { COMMIT_INTERVAL_MS, ReachedOffsets } from "./reached.ts";
import { loginOptions, tlsOptions } from "./tls.ts";

/** About 20 s in total: a shorter outage of a broker costs latency but no message; a longer one is an error. */
const RETRY = { retries: 40, retryDelay: 500 };
const TIMEOUTS = { connectTimeout: 3_000, timeout: 10_000 };
const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
/** Messages that the client's stream buffers before they are read. */
const HIGH_WATER_MARK = 1_024;

/** What is used of the package. */
type Module = Pick<
  typeof import("@platformatic/kafka"),
  "Producer" | "Consumer" | "compatibilityPartitioner"
>;

/** Loads the package and returns its adapter. @param load tests replace it */
export async function platformaticAdapter(
  load: () => Promise<Module> = () => import("@platformatic/kafka"),
): Promise<ClientAdapter> {
  const client = await load();
  return {
    name: "platformatic",
    // Imported by path, because the package does not export this file.
    version: platformaticPackage.version,
    connectProducer: producersOf(client),
    connectConsumer: consumersOf(client),
  };
}

function optionsOf(target: KafkaTarget, clientId: string) {
  return {
    clientId,
    bootstrapBrokers: target.bootstrap,
    autocreateTopics: false,
    ...RETRY,
    ...TIMEOUTS,
    tls: tlsOptions(target),
    sasl: loginOptions(target),
  };
}

function producersOf(client: Module): ClientAdapter["connectProducer"] {
  const { Producer, compatibilityPartitioner } = client;
  return async (target, clientId, { topic, acks, idempotent, compression }) => {
    // Messages without a key go to the partitions in turn, starting at a random one, so that producers do not all start with the same.
    let next = Math.floor(Math.random() * 0x7fff_ffff);
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...optionsOf(target, clientId),
      idempotent,
      compression,
      // The client's default would map keys to other partitions than Kafka's Java client and kafkajs do.
      partitioner: (message, key) => {
        if (key !== undefined) return compatibilityPartitioner(message, key);
        next += 1;
        return next;
      },
    });
    await producer.metadata({ topics: [topic] });
    return {
      send: async (messages) => {
        const { offsets = [] } = await producer.send({
          // The client takes no default for acks from the producer's options: without it, it would ask for 1.
          acks: acks === "all" ? -1 : acks,
          messages: messages.map(({ key, value }) => ({ topic, key, value })),
        });
        return offsets.map(({ partition }) => partition);
      },
      close: () => producer.close(),
    };
  };
}

function consumersOf({ Consumer }: Module): ClientAdapter["connectConsumer"] {
  return async (target, clientId, { topic, group, fetch, startOffsets }, nowUs, receive) => {
    const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
      ...optionsOf(target, clientId),
      groupId: group,
      ...GROUP,
      autocommit: false,
      highWaterMark: HIGH_WATER_MARK,
      minBytes: fetch.minBytes,
      maxBytes: fetch.maxBytes,
      maxWaitTime: fetch.maxWaitMs,
    });
    const errors: Record<string, number> = {};
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
    const failed = (error: unknown) => {
      const kind = errorKind(error);
      errors[kind] = (errors[kind] ?? 0) + 1;
    };
    stream.on("error", failed);
    const commits = new Commits(consumer, stream, topic, failed);
    let joins = 1;
    consumer.on("consumer:group:join", () => {
      joins += 1;
    });
    // In manual mode, others may have read further before it joined.
    if (offsets.length > 0) await commits.rejoin();
    stream.on("data", ({ partition, value, offset: bigOffset }) => {
      const [receivedUs, offset] = [nowUs(), Number(bigOffset)];
      if (!commits.isNext(partition, offset)) return;
      receive({ partition, values: [value], offsets: [offset], nextOffset: offset + 1, receivedUs });
      commits.read(partition, offset + 1);
    });
    const close = async () => {
      commits.end();
      await stream.close();
      await consumer.close(true);
    };
    return {
      assigned: () => assignedTo(consumer, topic),
      joins: () => joins,
      errors: () => errors,
      leave: async () => {
        await stream.close();
        await commits.flush();
        await close();
      },
      close,
    };
  };
}

type Consumer = import("@platformatic/kafka").Consumer<Buffer, Buffer, Buffer, Buffer>;
type Stream = import("@platformatic/kafka").MessagesStream<Buffer, Buffer, Buffer, Buffer>;

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
