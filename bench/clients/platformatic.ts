import type { KafkaTarget } from "../../contract/target.ts";
import { errorKind } from "./errorKind.ts";
import type {
  ClientAdapter,
  ConsumerOptions,
  ConsumerPort,
  ProducerOptions,
  ProducerPort,
  ReceiveBatch,
} from "./port.ts";

/** As its package.json says, which it does not export. */
const VERSION = "2.12.1";
/** Together about 20 s: a broker that is away for so long costs latency and no message; what takes longer is an error. */
const RETRY = { retries: 40, retryDelay: 500 };
const TIMEOUTS = { connectTimeout: 3_000, timeout: 10_000 };
const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
/** Messages that its stream holds while we have not taken them. */
const HIGH_WATER_MARK = 1_024;

type Module = typeof import("@platformatic/kafka", { with: { "resolution-mode": "import" }});

/** Its package is loaded with it, not before. */
export async function platformaticAdapter(): Promise<ClientAdapter> {
  const client: Module = await import("@platformatic/kafka");
  return {
    name: "platformatic",
    version: VERSION,
    connectProducer: (...args) => connectProducer(client, ...args),
    connectConsumer: (...args) => connectConsumer(client, ...args),
  };
}

function optionsOf(target: KafkaTarget, clientId: string) {
  const { protocol, username = "", password = "", ca } = target.security;
  return {
    clientId,
    bootstrapBrokers: target.bootstrap,
    autocreateTopics: false,
    ...RETRY,
    ...TIMEOUTS,
    ...(protocol.endsWith("SSL") ? { tls: ca === undefined ? {} : { ca: [ca] } } : {}),
    ...(protocol.startsWith("SASL_")
      ? { sasl: { mechanism: "SCRAM-SHA-512" as const, username, password } }
      : {}),
  };
}

async function connectProducer(
  { Producer: ProducerClass, compatibilityPartitioner }: Module,
  target: KafkaTarget,
  clientId: string,
  { topic, acks, idempotent, compression }: ProducerOptions,
): Promise<ProducerPort> {
  // Messages without a key go round, from a partition that is not the same for all producers.
  let next = Math.floor(Math.random() * 0x7fff_ffff);
  const producer = new ProducerClass<Buffer, Buffer, Buffer, Buffer>({
    ...optionsOf(target, clientId),
    acks: acks === "all" ? -1 : acks,
    idempotent,
    ...(compression === "none" ? {} : { compression }),
    // With its own default, keys go to other partitions than those of Kafka's own client and of kafkajs.
    partitioner: (message, key) => {
      if (key !== undefined) return compatibilityPartitioner(message, key);
      next += 1;
      return next;
    },
  });
  await producer.metadata({ topics: [topic] });
  return {
    send: async (messages) => {
      await producer.send({
        messages: messages.map(({ key, value }) =>
          key === undefined ? { topic, value } : { topic, key, value },
        ),
      });
    },
    close: () => producer.close(),
  };
}

async function connectConsumer(
  { Consumer: ConsumerClass }: Module,
  target: KafkaTarget,
  clientId: string,
  { topic, group, fetch, startOffsets }: ConsumerOptions,
  nowUs: () => number,
  receive: ReceiveBatch,
): Promise<ConsumerPort> {
  const consumer = new ConsumerClass<Buffer, Buffer, Buffer, Buffer>({
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
  const stream = await consumer.consume({
    topics: [topic],
    ...(offsets.length > 0 ? { mode: "manual", offsets } : { mode: "earliest" }),
  });
  stream.on("error", (error) => {
    const kind = errorKind(error);
    errors[kind] = (errors[kind] ?? 0) + 1;
  });
  stream.on("data", ({ partition, value }) => receive(partition, [value], nowUs()));
  return {
    assigned: () => consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [],
    errors: () => errors,
    close: async () => {
      await stream.close();
      await consumer.close(true);
    },
  };
}
