// The client kafkajs.
import net from "node:net";
import tls from "node:tls";
import {
  CompressionTypes,
  type Consumer,
  type EachBatchPayload,
  type ISocketFactory,
  Kafka,
  Partitioners,
} from "kafkajs";
import kafkajsPackage from "kafkajs/package.json" with { type: "json" };
import type { KafkaTarget, ProxyRoute } from "../../contract/target.ts";
import { clientConfig } from "./clientConfig.ts";
import { errorKind } from "./errorKind.ts";
import { GROUP } from "./group.ts";
import { armTimerOnlyWhenNeeded } from "./kafkajsTimer.ts";
import type { ClientAdapter, StartOffsets } from "./port.ts";
import { throughProxies } from "./proxyRoute.ts";
import { COMMIT_INTERVAL_MS, ReachedOffsets } from "./reached.ts";

armTimerOnlyWhenNeeded();

/** About 20 s in total: a shorter outage of a broker costs latency but no message; a longer one is an error. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 };
const KEEP_ALIVE_MS = 60_000;
const JOIN_TIMEOUT_MS = 60_000;
/** The value of a message without one. */
const NO_VALUE = Buffer.alloc(0);

/** The connections of one client. */
class Connections {
  private readonly sockets = new Set<net.Socket>();
  private ended = false;

  /** A factory whose sockets end with {@link destroy}. */
  through(factory: ISocketFactory): ISocketFactory {
    return (args) => {
      if (this.ended) throw new Error("the client was killed");
      const socket = factory(args);
      this.sockets.add(socket);
      return socket.once("close", () => this.sockets.delete(socket));
    };
  }

  /** Ends all connections at once. There are no new ones after that. */
  destroy(): void {
    this.ended = true;
    // kafkajs notices the end of a connection only by an error.
    for (const socket of this.sockets) socket.destroy(new Error("the client was killed"));
  }
}

/** Like kafkajs's own, but without Nagle's algorithm, which would hold back small requests to a distant broker. */
function socketFactory(proxyRoute: ProxyRoute | undefined): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const endpoint = throughProxies({ host, port }, proxyRoute);
    // The broker's name, also on a proxy route, because its certificate is for that name.
    const servername = net.isIP(host) ? undefined : host;
    const socket = ssl
      ? tls.connect({ ...endpoint, servername, ...ssl }, onConnect)
      : net.connect(endpoint, onConnect);
    return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  };
}

function clientOf(
  target: KafkaTarget,
  clientId: string,
  factory: ISocketFactory = socketFactory(target.proxyRoute),
): Kafka {
  return new Kafka({ ...clientConfig(target), clientId, retry: RETRY, socketFactory: factory });
}

const connectProducer: ClientAdapter["connectProducer"] = async (target, clientId, options) => {
  const { topic, acks, idempotent, compression } = options;
  const producer = clientOf(target, clientId).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent,
    maxInFlightRequests: idempotent ? 1 : undefined,
  });
  await producer.connect();
  const batch = {
    topic,
    acks: acks === "all" ? -1 : acks,
    compression: compression === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None,
  };
  return {
    send: async (messages) => {
      const answers = await producer.send({ ...batch, messages });
      return answers.map(({ partition }) => partition);
    },
    close: () => producer.disconnect(),
  };
};

const connectConsumer: ClientAdapter["connectConsumer"] = async (
  target,
  clientId,
  { topic, group, fetch, startOffsets, only },
  nowUs,
  receive,
) => {
  const connections = new Connections();
  const kafka = clientOf(target, clientId, connections.through(socketFactory(target.proxyRoute)));
  let killed = false;
  const consumer = kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    ...GROUP,
    // With kafkajs' default of 9 s, it gives up at about the time at which another broker takes over. Then it starts again, and its
    // group waits for what it was before until the session timeout.
    retry: { ...RETRY, restartOnFailure: async () => !killed },
    minBytes: fetch.minBytes,
    maxBytes: fetch.maxBytes,
    maxWaitTimeInMs: fetch.maxWaitMs,
  });
  const errors: Record<string, number> = {};
  let assigned: number[] = [];
  let joins = 0;
  // From now on nothing more is received.
  let ending = false;
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    joins += 1;
    assigned = payload.memberAssignment[topic] ?? [];
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (killed) return;
    const kind = errorKind(payload.error);
    errors[kind] = (errors[kind] ?? 0) + 1;
  });
  const commits = new Commits(consumer, topic);
  const close = async () => {
    commits.end();
    await consumer.disconnect();
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = joining(consumer);
    await consumer.run({
      // With autoCommit, the consumer waits for the commit between two fetches, which raised the p50 latency from 1 to 6 ms.
      autoCommit: false,
      eachBatch: async (payload) => {
        const receivedUs = nowUs();
        // kafkajs hands over what it has fetched although it is paused.
        if (ending) return;
        const { batch, heartbeat } = payload;
        const nextOffset = Number(batch.lastOffset()) + 1;
        // Until it has been told where to begin, a consumer of a kept topic may get what lies before.
        const start = Number(startOffsets[batch.partition] ?? 0);
        if (nextOffset > start) {
          const messages = batch.messages.filter(({ offset }) => Number(offset) >= start);
          const values = messages.map(({ value }) => value ?? NO_VALUE);
          const offsets = messages.map(({ offset }) => Number(offset));
          receive({ partition: batch.partition, values, offsets, nextOffset, receivedUs });
          commits.read(payload, nextOffset);
        }
        await heartbeat();
      },
    });
    await joined;
    if (only) {
      const others = assigned.filter((partition) => !only.includes(partition));
      if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
    }
    const begun = await committedBy(kafka, group, topic, startOffsets);
    await commits.begin(
      assigned.flatMap((partition) => {
        const offset = startOffsets[partition];
        return offset === undefined || begun.has(partition) ? [] : [{ partition, offset }];
      }),
    );
  } catch (error) {
    // Otherwise it would go on in the background.
    await close().catch(() => {});
    throw error;
  }
  return {
    assigned: () => assigned,
    joins: () => joins,
    errors: () => errors,
    leave: async () => {
      ending = true;
      await commits.flush();
      await close();
    },
    kill: async () => {
      [ending, killed] = [true, true];
      commits.end();
      connections.destroy();
      // Without a connection it cannot leave its group. It ends when its retries do.
      void consumer.disconnect().catch(() => {});
    },
    close,
  };
};

/** The partitions of which a group has committed an offset. Without start offsets nothing depends on it, and none is returned. */
async function committedBy(
  kafka: Kafka,
  groupId: string,
  topic: string,
  startOffsets: StartOffsets,
): Promise<ReadonlySet<number>> {
  if (Object.keys(startOffsets).length === 0) return new Set();
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const committed = offsets?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
    return new Set(committed.map(({ partition }) => partition));
  } finally {
    await admin.disconnect();
  }
}

/** Commits what one consumer has read. After a rebalance kafkajs begins each partition at the offset its group knows. */
class Commits {
  private readonly reached = new ReachedOffsets();
  private commit: EachBatchPayload["commitOffsetsIfNecessary"] | undefined;
  private readonly timer = setInterval(() => void this.flush(), COMMIT_INTERVAL_MS).unref();

  private readonly consumer: Consumer;
  private readonly topic: string;

  constructor(consumer: Consumer, topic: string) {
    this.consumer = consumer;
    this.topic = topic;
    // All batches are processed by then. The request leaves before the one to join, and brokers answer in this order.
    consumer.on(consumer.events.REBALANCING, () => void this.flush());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      this.reached.retain(payload.memberAssignment[topic] ?? []),
    );
  }

  /** Begins at these offsets the partitions that nobody in the group has read yet, and tells the group. */
  async begin(starts: readonly { partition: number; offset: string }[]): Promise<void> {
    const { topic, consumer } = this;
    const unread = starts.filter(({ partition }) => this.reached.nextOf(partition) === undefined);
    const offsets = unread.map(({ partition, offset }) => ({ topic, partition, offset }));
    for (const start of offsets) consumer.seek(start);
    if (offsets.length > 0) await consumer.commitOffsets(offsets).catch(() => {}); // the next commit includes what was read
  }

  read({ batch, commitOffsetsIfNecessary }: EachBatchPayload, nextOffset: number): void {
    this.reached.read(batch.partition, nextOffset);
    this.commit = commitOffsetsIfNecessary;
  }

  /** Not by `consumer.commitOffsets`: its retries could overwrite what another member has committed since. Never fails. */
  async flush(): Promise<void> {
    const offsets = this.reached.uncommitted();
    if (!this.commit || offsets.length === 0) return;
    const partitions = offsets.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
    await this.commit({ topics: [{ topic: this.topic, partitions }] }).then(
      () => this.reached.confirm(offsets),
      () => {}, // the next commit includes them
    );
  }

  end(): void {
    clearInterval(this.timer);
  }
}

/** @throws the error that the consumer crashed with, or Error after the timeout */
function joining(consumer: Consumer): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new Error(`timed out after ${JOIN_TIMEOUT_MS / 1_000} s waiting to join the consumer group`)),
      JOIN_TIMEOUT_MS,
    );
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
      act();
    };
    consumer.on(consumer.events.GROUP_JOIN, settle(resolve));
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) settle(() => reject(payload.error))();
    });
  });
}

/** The adapter of kafkajs. */
export const kafkajsAdapter: ClientAdapter = {
  name: "kafkajs",
  version: kafkajsPackage.version,
  connectProducer,
  connectConsumer,
};
