// Deletes and repeats messages of a topic, for a calibration.
import { randomUUID } from "node:crypto";
import { CompressionTypes, type Kafka, type KafkaMessage, Partitioners } from "kafkajs";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { failFastClient } from "../clients/clientConfig.ts";
import { within } from "../clock.ts";
import { readStamp, type Stamp } from "../load/message.ts";
import { reason } from "../reason.ts";

/** The result of {@link truncateTopic}. */
interface Truncated {
  /** Number of deleted messages: between the low and high watermarks of all partitions. */
  records: number;
}

/** Deletes all messages up to the high watermark of each partition. Messages that arrive during the call stay. */
export async function truncateTopic(target: KafkaTarget, topic: string): Promise<Truncated> {
  const admin = failFastClient(target).admin();
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

/** The messages that {@link repeatMessages} sends a second time. */
interface Repeat {
  target: KafkaTarget;
  topic: string;
  count: number;
  /** Range of their intended times, µs since 1970. */
  fromUs: number;
  toUs: number;
  timeoutSec: number;
}

interface Copy {
  partition: number;
  key: Buffer | null;
  value: Buffer;
}

/**
 * Sends `count` different messages of a topic a second time, byte for byte and to the same partition.
 *
 * @throws SwarmbenchError `kafka-failed` if it does not find enough messages in time
 */
export async function repeatMessages(repeat: Repeat): Promise<{ repeated: number }> {
  const kafka = failFastClient(repeat.target);
  const copies = await findCopies(kafka, repeat);
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
      messages: copies,
    });
  } finally {
    await producer.disconnect();
  }
  return { repeated: copies.length };
}

async function findCopies(kafka: Kafka, { topic, count, fromUs, toUs, timeoutSec }: Repeat): Promise<Copy[]> {
  const groupId = `swarmbench-repeat-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 });
  const copies: Copy[] = [];
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
          if (copies.length === count) break;
          if (!isWanted(message)) continue;
          const value = Buffer.from(message.value as Buffer);
          copies.push({ partition: batch.partition, key: message.key, value });
        }
        if (copies.length === count) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
    await within(timeoutSec * 1_000, "reading", enough);
  } catch (error) {
    const message = `cannot find ${count} messages to repeat in topic ${topic}: ${reason(error)}`;
    throw new SwarmbenchError("kafka-failed", message, { cause: error });
  } finally {
    await consumer.disconnect();
  }
  await deleteGroup(kafka, groupId);
  return copies;
}

async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}
