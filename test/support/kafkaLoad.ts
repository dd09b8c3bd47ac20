import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Admin, Kafka } from "kafkajs";

/** Records per second: enough that some are sent at every moment of a restart. */
const RATE = 50;
/** How often the cluster is inspected. */
const INTERVAL_MS = 250;

/** Sends numbered records with acks=all until it is stopped. `stop` returns those that were acknowledged. */
export async function startLoad(kafka: Kafka, topic: string): Promise<{ stop(): Promise<string[]> }> {
  const producer = kafka.producer({ retry: { retries: 30, maxRetryTime: 5_000 } });
  await producer.connect();
  const acked: string[] = [];
  const sent: Promise<void>[] = [];
  let stopped = false;
  const sending = (async () => {
    for (let number = 0; !stopped; number += 1) {
      const value = `record-${number}`;
      const send = producer.send({ topic, acks: -1, messages: [{ value }] });
      // Records without an acknowledgement may be lost.
      sent.push(send.then(() => void acked.push(value)).catch(() => {}));
      await delay(1_000 / RATE);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await sending;
      await Promise.all(sent);
      await producer.disconnect();
      return acked;
    },
  };
}

/**
 * Counts the brokers until it is stopped; `stop` returns the smallest number. If none answers, those that accept a connection
 * count.
 *
 * @param addresses `host:port` of every broker
 */
export function watchBrokers(kafka: Kafka, addresses: string[]): { stop(): Promise<number> } {
  // Without retries, because only the current state counts.
  const admin = kafka.admin({ retry: { retries: 0 } });
  let fewest = Number.POSITIVE_INFINITY;
  let stopped = false;
  const inspect = async (): Promise<number> => {
    try {
      return (await admin.describeCluster()).brokers.length;
    } catch {
      return (await Promise.all(addresses.map(accepts))).filter(Boolean).length;
    }
  };
  const watching = (async () => {
    await admin.connect();
    while (!stopped) {
      fewest = Math.min(fewest, await inspect());
      await delay(INTERVAL_MS);
    }
    await admin.disconnect();
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return fewest;
    },
  };
}

async function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  const socket = connect({ host: host ?? "", port: Number(port), timeout: 1_000 });
  socket.on("timeout", () => socket.destroy(new Error("no answer")));
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** All records of a topic, from its beginning to its current end. */
export async function readAll(kafka: Kafka, admin: Admin, topic: string): Promise<Set<string>> {
  const ends = await admin.fetchTopicOffsets(topic);
  const left = new Map(
    ends.filter(({ low, high }) => low !== high).map((end) => [end.partition, BigInt(end.high)]),
  );
  const records = new Set<string>();
  const consumer = kafka.consumer({ groupId: `read-${process.pid}-${Date.now()}` });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      if (left.size === 0) return resolve();
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            records.add(String(message.value));
            const end = left.get(partition);
            if (end !== undefined && BigInt(message.offset) + 1n >= end) left.delete(partition);
            if (left.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
}

/** Partitions of a topic that have fewer in-sync replicas than replicas. */
export async function underReplicated(admin: Admin, topic: string): Promise<number[]> {
  const [metadata] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
  return (metadata?.partitions ?? [])
    .filter(({ isr, replicas }) => isr.length < replicas.length)
    .map(({ partitionId }) => partitionId);
}
