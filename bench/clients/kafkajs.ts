// The client kafkajs.
import net from "node:net";
import tls from "node:tls";
import { CompressionTypes, type Consumer, type ISocketFactory, Kafka, Partitioners } from "kafkajs";
import kafkajsPackage from "kafkajs/package.json" with { type: "json" };
import type { KafkaTarget, ProxyRoute } from "../../contract/target.ts";
import { clientConfig } from "./clientConfig.ts";
import { errorKind } from "./errorKind.ts";
import { armTimerOnlyWhenNeeded } from "./kafkajsTimer.ts";
import type { ClientAdapter } from "./port.ts";
import { throughProxies } from "./proxyRoute.ts";

armTimerOnlyWhenNeeded();

/** About 20 s in total: a shorter outage of a broker costs latency but no message; a longer one is an error. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 };
const KEEP_ALIVE_MS = 60_000;
const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
const JOIN_TIMEOUT_MS = 60_000;
/** The value of a message without one. */
const NO_VALUE = Buffer.alloc(0);

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

function clientOf(target: KafkaTarget, clientId: string): Kafka {
  return new Kafka({
    ...clientConfig(target),
    clientId,
    retry: RETRY,
    socketFactory: socketFactory(target.proxyRoute),
  });
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
      await producer.send({ ...batch, messages });
    },
    close: () => producer.disconnect(),
  };
};

const connectConsumer: ClientAdapter["connectConsumer"] = async (
  target,
  clientId,
  { topic, group, fetch, startOffsets, only, position },
  nowUs,
  receive,
) => {
  const consumer = clientOf(target, clientId).consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    ...GROUP,
    minBytes: fetch.minBytes,
    maxBytes: fetch.maxBytes,
    maxWaitTimeInMs: fetch.maxWaitMs,
  });
  const errors: Record<string, number> = {};
  let assigned: number[] = [];
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = payload.memberAssignment[topic] ?? [];
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    const kind = errorKind(payload.error);
    errors[kind] = (errors[kind] ?? 0) + 1;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = joining(consumer);
  await consumer.run({
    // With autoCommit, the consumer waits for the commit between two fetches, which raised the p50 latency from 1 to 6 ms.
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const receivedUs = nowUs();
      const values = batch.messages.map(({ value }) => value ?? NO_VALUE);
      const offsets = batch.messages.map(({ offset }) => Number(offset));
      const nextOffset = Number(batch.lastOffset()) + 1;
      receive({ partition: batch.partition, values, offsets, nextOffset, receivedUs });
      await heartbeat();
    },
  });
  await joined;
  if (only) {
    const others = assigned.filter((partition) => !only.includes(partition));
    if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
  }
  for (const [partition, offset] of Object.entries(startOffsets)) {
    consumer.seek({ topic, partition: Number(partition), offset });
  }
  // Nothing is committed, so a member that rejoins would start every partition from the beginning.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const partition of assigned) {
      const offset = position?.(partition)?.toString() ?? startOffsets[partition];
      if (offset !== undefined) consumer.seek({ topic, partition, offset });
    }
  });
  return { assigned: () => assigned, errors: () => errors, close: () => consumer.disconnect() };
};

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
