import net from "node:net";
import tls from "node:tls";
import { CompressionTypes, type Consumer, type ISocketFactory, Kafka, Partitioners } from "kafkajs";
import kafkajsPackage from "kafkajs/package.json" with { type: "json" };
import type { KafkaTarget, ProxyRoute } from "../../contract/target.ts";
import { clientConfig } from "./clientConfig.ts";
import { errorKind } from "./errorKind.ts";
import { armTimerOnlyWhenNeeded } from "./kafkajsTimer.ts";
import type {
  ClientAdapter,
  ConsumerOptions,
  ConsumerPort,
  ProducerOptions,
  ProducerPort,
  ReceiveBatch,
} from "./port.ts";
import { throughProxies } from "./proxyRoute.ts";

armTimerOnlyWhenNeeded();

/** Together about 20 s: a broker that is away for so long costs latency and no message; what takes longer is an error. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 };
const KEEP_ALIVE_MS = 60_000;
const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
const JOIN_TIMEOUT_MS = 60_000;

/** As kafkajs has it, and without Nagle's algorithm, which would hold back small requests to a broker that is far away. */
function socketFactory(via: ProxyRoute | undefined): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const to = throughProxies({ host, port }, via);
    // The broker's own name, by a proxy route too: that is what its certificate is for.
    const name = net.isIP(host) ? {} : { servername: host };
    const socket = ssl ? tls.connect({ ...to, ...name, ...ssl }, onConnect) : net.connect(to, onConnect);
    return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  };
}

function clientOf(target: KafkaTarget, clientId: string): Kafka {
  return new Kafka({
    ...clientConfig(target),
    clientId,
    retry: RETRY,
    socketFactory: socketFactory(target.via),
  });
}

async function connectProducer(
  target: KafkaTarget,
  clientId: string,
  { topic, acks, idempotent, compression }: ProducerOptions,
): Promise<ProducerPort> {
  const producer = clientOf(target, clientId).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    ...(idempotent ? { idempotent, maxInFlightRequests: 1, retry: RETRY } : {}),
  });
  await producer.connect();
  const how = {
    topic,
    acks: acks === "all" ? -1 : acks,
    compression: compression === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None,
  };
  return {
    send: async (messages) => {
      await producer.send({
        ...how,
        messages: messages.map(({ key, value }) => (key === undefined ? { value } : { key, value })),
      });
    },
    close: () => producer.disconnect(),
  };
}

async function connectConsumer(
  target: KafkaTarget,
  clientId: string,
  { topic, group, fetch, startOffsets, only }: ConsumerOptions,
  nowUs: () => number,
  receive: ReceiveBatch,
): Promise<ConsumerPort> {
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
    // It would wait for the commit between two fetches: p50 from 1 to 6 ms.
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const receivedUs = nowUs();
      const values: Buffer[] = [];
      for (const { value } of batch.messages) if (value) values.push(value);
      receive(batch.partition, values, receivedUs);
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
  return { assigned: () => assigned, errors: () => errors, close: () => consumer.disconnect() };
}

/** @throws the error that it crashed with, or one that says that it took too long */
function joining(consumer: Consumer): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it has not joined its group after ${JOIN_TIMEOUT_MS / 1_000} s`)),
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

export const kafkajsAdapter: ClientAdapter = {
  name: "kafkajs",
  version: kafkajsPackage.version,
  connectProducer,
  connectConsumer,
};
