import { randomUUID } from "node:crypto";
import type { Admin, Kafka } from "kafkajs";
import type { KafkaBroker, KafkaTarget } from "../../contract/target.ts";
import { addressOf, impatientClient } from "../clients/clientConfig.ts";

/** What a broker tells about the cluster. */
export interface ClusterView {
  clusterId: string;
  controllerId: number | null;
  /** The brokers that are registered and alive. */
  brokers: number[];
}

/** What the jobs ask of a Kafka cluster. */
export interface KafkaApi {
  /** Connects to this very broker and asks what it knows. */
  view(target: KafkaTarget, broker: KafkaBroker): Promise<ClusterView>;
  /** Makes topics of one partition with its one replica on the broker given by id, where they are not there yet. */
  placeTopics(target: KafkaTarget, brokerOf: Record<string, number>): Promise<void>;
  /** Removes the topics whose name begins so. */
  removeTopics(target: KafkaTarget, prefix: string): Promise<void>;
  /** Produces one record to a topic of one partition and consumes exactly it, beginning at this very broker. */
  roundTrip(target: KafkaTarget, broker: KafkaBroker, topic: string): Promise<void>;
}

export const kafkaApi: KafkaApi = {
  view: (target, broker) =>
    withAdmin(impatientClient(target, [addressOf(broker)]), async (admin) => {
      const { brokers, controller, clusterId } = await admin.describeCluster();
      return { clusterId, controllerId: controller, brokers: brokers.map(({ nodeId }) => nodeId) };
    }),

  placeTopics: (target, brokerOf) =>
    withAdmin(impatientClient(target), async (admin) => {
      const there = new Set(await admin.listTopics());
      const topics = Object.entries(brokerOf).filter(([topic]) => !there.has(topic));
      if (topics.length === 0) return;
      await admin.createTopics({
        waitForLeaders: false, // it waits without an end; the round trips find out
        topics: topics.map(([topic, broker]) => ({
          topic,
          replicaAssignment: [{ partition: 0, replicas: [broker] }],
          // A cluster's default may ask for more replicas than this topic has.
          configEntries: [{ name: "min.insync.replicas", value: "1" }],
        })),
      });
    }),

  removeTopics: (target, prefix) =>
    withAdmin(impatientClient(target), async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    }),

  roundTrip,
};

async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (error) {
    throw clearer(error);
  } finally {
    await admin.disconnect();
  }
}

/** kafkajs gives no metadata at all while one partition of any topic lacks a leader, and null while nobody answers. */
function clearer(error: unknown): unknown {
  if (error instanceof TypeError) return new Error("none of the brokers answers", { cause: error });
  const { type, cause } = error as { type?: string; cause?: { type?: string } };
  if ((type ?? cause?.type) !== "LEADER_NOT_AVAILABLE") return error;
  return new Error("a partition has no leader", { cause: error });
}

async function roundTrip(target: KafkaTarget, broker: KafkaBroker, topic: string): Promise<void> {
  const kafka = impatientClient(target, [addressOf(broker)]);
  const nonce = randomUUID();
  await produce(kafka, topic, nonce);
  const groupId = `${topic}-${nonce}`;
  await consume(kafka, groupId, topic, nonce);
  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
}

async function produce(kafka: Kafka, topic: string, value: string): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
  } finally {
    await producer.disconnect();
  }
}

/** Reads the topic as a group's one member until the value comes, and commits, so that the offsets are stored too. */
async function consume(kafka: Kafka, groupId: string, topic: string, value: string): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    retry: { retries: 1, restartOnFailure: async () => false },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const offset = await new Promise<string>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ message }: { message: { value: Buffer | null; offset: string } }) => {
        if (message.value?.toString() === value) resolve(message.offset);
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    });
    await consumer.commitOffsets([{ topic, partition: 0, offset: String(BigInt(offset) + 1n) }]);
  } finally {
    await consumer.disconnect();
  }
}
