import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Admin, Kafka } from "kafkajs";

/** Records a second: enough that every moment of a restart meets some. */
const RATE = 50;
/** How often a look at the cluster is taken. */
const LOOK_MS = 100;

/** Sends numbered records with acks=all until it is stopped; gives those that were acknowledged. */
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
      // What is not acknowledged may be lost; only what is may not.
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
 * Watches how many brokers there are until it is stopped; gives the fewest that were there at any look. Where nobody
 * answers a look, those count that accept a connection: none where all refuse.
 *
 * @param addresses `host:port` of every broker
 */
export function watchBrokers(kafka: Kafka, addresses: string[]): { stop(): Promise<number> } {
  // Not again and again: what matters is what is so at this moment.
  const admin = kafka.admin({ retry: { retries: 0 } });
  let fewest = Number.POSITIVE_INFINITY;
  let stopped = false;
  const look = async (): Promise<number> => {
    try {
      return (await admin.describeCluster()).brokers.length;
    } catch {
      return (await Promise.all(addresses.map(accepts))).filter(Boolean).length;
    }
  };
  const watching = (async () => {
    await admin.connect();
    while (!stopped) {
      fewest = Math.min(fewest, await look());
      await delay(LOOK_MS);
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
  const socket = connect({ host: host ?? "", port: Number(port), timeout: LOOK_MS * 10 });
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

/** Every record of a topic, from its beginning to where it now ends. */
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

/** What is not as it should be in a topic: partitions that lack a replica in sync. */
export async function underReplicated(admin: Admin, topic: string): Promise<number[]> {
  const [found] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
  return (found?.partitions ?? [])
    .filter(({ isr, replicas }) => isr.length < replicas.length)
    .map(({ partitionId }) => partitionId);
}
