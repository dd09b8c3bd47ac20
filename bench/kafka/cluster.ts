import { randomUUID } from "node:crypto";
import type { Admin, Kafka } from "kafkajs";
import type { KafkaBroker, KafkaTarget } from "../../contract/target.ts";
import { addressOf, failFastClient } from "../clients/clientConfig.ts";

/** The cluster as one broker sees it. */
interface ClusterView {
  clusterId: string;
  controllerId: number | null;
  /** The brokers that are registered and alive. */
  brokers: number[];
}

/** The operations on a Kafka cluster that the jobs use. A parameter, so that tests can replace them. */
export interface KafkaApi {
  /** Connects to exactly this broker and asks how it sees the cluster. */
  view(target: KafkaTarget, broker: KafkaBroker): Promise<ClusterView>;
  /**
   * Creates missing topics with one partition and one replica.
   *
   * @param brokers the broker's id for each topic
   */
  placeTopics(target: KafkaTarget, brokers: Record<string, number>): Promise<void>;
  /** Deletes the topics whose names have this prefix. */
  removeTopics(target: KafkaTarget, prefix: string): Promise<void>;
  /** Produces one record to a topic of one partition and consumes it, connecting to exactly this broker first. */
  roundTrip(target: KafkaTarget, broker: KafkaBroker, topic: string): Promise<void>;
}

/** The operations on a real cluster, with kafkajs. Each fails quickly; callers retry. */
export const kafkaApi: KafkaApi = {
  view: (target, broker) =>
    withAdmin(failFastClient(target, [addressOf(broker)]), async (admin) => {
      const { brokers, controller, clusterId } = await admin.describeCluster();
      return { clusterId, controllerId: controller, brokers: brokers.map(({ nodeId }) => nodeId) };
    }),

  placeTopics: (target, brokers) =>
    withAdmin(failFastClient(target), async (admin) => {
      const existing = new Set(await admin.listTopics());
      const topics = Object.entries(brokers).filter(([topic]) => !existing.has(topic));
      if (topics.length === 0) return;
      await admin.createTopics({
        waitForLeaders: false, // kafkajs would wait forever; the round trip shows whether there is a leader
        topics: topics.map(([topic, broker]) => ({
          topic,
          replicaAssignment: [{ partition: 0, replicas: [broker] }],
          // The cluster's default may require more replicas than this topic has.
          configEntries: [{ name: "min.insync.replicas", value: "1" }],
        })),
      });
    }),

  removeTopics: (target, prefix) =>
    withAdmin(failFastClient(target), async (admin) => {
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

/** Replaces errors that mislead: kafkajs fails for all topics while any partition lacks a leader, and with a TypeError while no broker answers. */
function clearer(error: unknown): unknown {
  if (error instanceof TypeError) return new Error("no broker answers", { cause: error });
  const { type, cause } = error as { type?: string; cause?: { type?: string } };
  if ((type ?? cause?.type) !== "LEADER_NOT_AVAILABLE") return error;
  return new Error("a partition has no leader", { cause: error });
}

async function roundTrip(target: KafkaTarget, broker: KafkaBroker, topic: string): Promise<void> {
  const kafka = failFastClient(target, [addressOf(broker)]);
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

/** Reads the topic as the only member of a group until the value arrives. Commits the offset, to test that too. */
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
