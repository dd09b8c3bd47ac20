// The client @platformatic/kafka. Its package is loaded on first use, because it needs a newer Node.js than the program.

import type { KafkaTarget } from "../../contract/target.ts";
import platformaticPackage from "../../node_modules/@platformatic/kafka/package.json" with { type: "json" };
import { errorKind } from "./errorKind.ts";
import type { ClientAdapter } from "./port.ts";

/** About 20 s in total: a shorter outage of a broker costs latency but no message; a longer one is an error. */
const RETRY = { retries: 40, retryDelay: 500 };
const TIMEOUTS = { connectTimeout: 3_000, timeout: 10_000 };
const GROUP = { sessionTimeout: 30_000, rebalanceTimeout: 60_000, heartbeatInterval: 3_000 };
/** Messages that the client's stream buffers before they are read. */
const HIGH_WATER_MARK = 1_024;

type Module = typeof import("@platformatic/kafka");

/** Loads the package and returns its adapter. */
export async function platformaticAdapter(): Promise<ClientAdapter> {
  const client = await import("@platformatic/kafka");
  return {
    name: "platformatic",
    // Imported by path, because the package does not export this file.
    version: platformaticPackage.version,
    connectProducer: producersOf(client),
    connectConsumer: consumersOf(client),
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
    tls: protocol.endsWith("SSL") ? { ca } : undefined,
    sasl: protocol.startsWith("SASL_")
      ? { mechanism: "SCRAM-SHA-512" as const, username, password }
      : undefined,
  };
}

function producersOf(client: Module): ClientAdapter["connectProducer"] {
  const { Producer, compatibilityPartitioner } = client;
  return async (target, clientId, { topic, acks, idempotent, compression }) => {
    // Messages without a key go to the partitions in turn, starting at a random one, so that producers do not all start with the same.
    let next = Math.floor(Math.random() * 0x7fff_ffff);
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...optionsOf(target, clientId),
      acks: acks === "all" ? -1 : acks,
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
        await producer.send({ messages: messages.map(({ key, value }) => ({ topic, key, value })) });
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
    const stream = await consumer.consume(
      offsets.length > 0
        ? { topics: [topic], mode: "manual", offsets }
        : { topics: [topic], mode: "earliest" },
    );
    stream.on("error", (error) => {
      const kind = errorKind(error);
      errors[kind] = (errors[kind] ?? 0) + 1;
    });
    // Its stream keeps its positions when the consumer joins its group again.
    stream.on("data", ({ partition, value, offset: bigOffset }) => {
      const [receivedUs, offset] = [nowUs(), Number(bigOffset)];
      receive({ partition, values: [value], offsets: [offset], nextOffset: offset + 1, receivedUs });
    });
    return {
      assigned: () => consumer.assignments?.find((each) => each.topic === topic)?.partitions ?? [],
      errors: () => errors,
      close: async () => {
        await stream.close();
        await consumer.close(true);
      },
    };
  };
}
