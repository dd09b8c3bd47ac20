// Removes and repeats messages of a topic, for a calibration.
import { randomUUID } from "node:crypto";
import { CompressionTypes, type Kafka, type KafkaMessage, Partitioners } from "kafkajs";
import type { KafkaTarget } from "../../contract/target.ts";
import { impatientClient } from "../clients/clientConfig.ts";
import { within } from "../clock.ts";
import { readStamp, type Stamp } from "../load/message.ts";

export interface Truncated {
  /** Messages that there were, of all partitions: between the low and the high watermarks. */
  records: number;
}

/** Removes all messages up to the high watermark of each partition; what is sent meanwhile stays. */
export async function truncateTopic(target: KafkaTarget, topic: string): Promise<Truncated> {
  const admin = impatientClient(target).admin();
  try {
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    return { records: ends.reduce((sum, { high, low }) => sum + Number(BigInt(high) - BigInt(low)), 0) };
  } finally {
    await admin.disconnect();
  }
}

export interface Repeat {
  target: KafkaTarget;
  topic: string;
  count: number;
  /** Of their intended time. */
  fromUs: number;
  toUs: number;
  timeoutSec: number;
}

interface Found {
  partition: number;
  key: Buffer | null;
  value: Buffer;
}

/**
 * Sends so many messages of a topic once more: other ones each, byte for byte, to the partition that they are in.
 *
 * @throws Error where there are not so many in time
 */
export async function repeatMessages(repeat: Repeat): Promise<{ repeated: number }> {
  const kafka = impatientClient(repeat.target);
  const found = await find(kafka, repeat);
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
    await producer.send({
      topic: repeat.topic,
      acks: -1,
      compression: CompressionTypes.None,
      messages: found,
    });
  } finally {
    await producer.disconnect();
  }
  return { repeated: found.length };
}

async function find(kafka: Kafka, { topic, count, fromUs, toUs, timeoutSec }: Repeat): Promise<Found[]> {
  const groupId = `swarmbench-repeat-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 });
  const found: Found[] = [];
  const stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
  const isWanted = ({ value }: KafkaMessage): boolean =>
    value !== null && readStamp(value, stamp) && stamp.intendedUs >= fromUs && stamp.intendedUs < toUs;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const enough = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachBatch = async ({
        batch,
      }: {
        batch: { partition: number; messages: KafkaMessage[] };
      }): Promise<void> => {
        for (const message of batch.messages) {
          if (found.length === count) break;
          if (!isWanted(message)) continue;
          const value = Buffer.from(message.value as Buffer);
          found.push({ partition: batch.partition, key: message.key, value });
        }
        if (found.length === count) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
    await within(timeoutSec * 1_000, `to find ${count} messages (${topic})`, enough);
  } finally {
    await consumer.disconnect();
  }
  await forget(kafka, groupId);
  return found;
}

async function forget(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}
