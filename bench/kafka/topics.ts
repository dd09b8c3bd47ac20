// The topics of a run.
import kafkajs, { type Admin, type ITopicMetadata } from "kafkajs";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { failFastClient } from "../clients/clientConfig.ts";
import type { StartOffsets } from "../clients/port.ts";
import { type Clock, realClock } from "../clock.ts";
import type { LogOffsets } from "../measure/unread.ts";
import { reason } from "../reason.ts";

/** The settings that a run needs of its topic. */
interface WantedTopic {
  topic: string;
  partitions: number;
  /** @default the cluster's default */
  replicationFactor?: number;
  /** Topic configs by Kafka's names. */
  config: Record<string, string>;
}

/** A topic that is ready to use. */
export interface Topic {
  partitions: number;
  replicationFactor: number;
  /** Whether this call created it. */
  created: boolean;
  /** The end offsets of a topic that already existed; empty for a new one. */
  startOffsets: StartOffsets;
}

const LEADERS_TIMEOUT_MS = 30_000;
const PAUSE_MS = 100;

/**
 * Ensures that a topic with these settings exists, and waits until every partition has a leader.
 *
 * @throws SwarmbenchError `topic-unusable` with every difference of an existing topic, or with the reason why the topic cannot be
 *   created; `kafka-failed` if Kafka cannot be reached
 */
export async function ensureTopic(
  target: KafkaTarget,
  wanted: WantedTopic,
  clock = realClock,
): Promise<Topic> {
  return withAdmin(target, async (admin) => {
    const created = await create(admin, wanted);
    const metadata = await awaitLeaders(admin, wanted.topic, clock);
    if (!created) await checkSettings(admin, wanted, metadata);
    return {
      partitions: metadata.partitions.length,
      replicationFactor: metadata.partitions[0]?.replicas.length ?? 0,
      created,
      startOffsets: created ? {} : await endsOf(admin, wanted.topic),
    };
  });
}

/** Deletes a topic that a run created, if it exists. */
export async function removeTopic(target: KafkaTarget, topic: string): Promise<void> {
  await withAdmin(target, async (admin) => {
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
  });
}

/** The first and the end offset of each partition of a topic. @throws SwarmbenchError if Kafka does not answer */
export async function logOffsets(target: KafkaTarget, topic: string): Promise<LogOffsets> {
  const offsets = await withAdmin(target, (admin) => admin.fetchTopicOffsets(topic));
  return Object.fromEntries(
    offsets.map(({ partition, low, high }) => [partition, { low: Number(low), end: Number(high) }]),
  );
}

async function withAdmin<T>(target: KafkaTarget, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = failFastClient(target).admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (error) {
    if (error instanceof SwarmbenchError) throw error;
    throw new SwarmbenchError(
      "kafka-failed",
      `topic request to Kafka at ${target.bootstrap.join(", ")} failed: ${reason(error)}`,
      { hint: "See whether its brokers run: on the manager, docker service ls", cause: error },
    );
  } finally {
    await admin.disconnect().catch(() => {}); // the work itself has succeeded or failed already
  }
}

/** @returns false if the topic already exists */
async function create(
  admin: Admin,
  { topic, partitions, replicationFactor, config }: WantedTopic,
): Promise<boolean> {
  try {
    return await admin.createTopics({
      waitForLeaders: false, // kafkajs would wait forever
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: replicationFactor ?? -1,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  } catch (error) {
    const hint = HINTS[kindOf(error)];
    if (hint === undefined) throw error;
    throw new SwarmbenchError("topic-unusable", `cannot create topic ${topic}: ${detailOf(error)}`, {
      hint,
      cause: error,
    });
  }
}

/** Hints for Kafka's errors on creating a topic. */
const HINTS: Record<string, string> = {
  INVALID_PARTITIONS: "Lower workload.partitions.",
  POLICY_VIOLATION: "The cluster's create-topic policy forbids it: change the workload to comply.",
  TOPIC_AUTHORIZATION_FAILED: "Choose a workload.topic that the user may create.",
  INVALID_REPLICATION_FACTOR: "Lower workload.replicationFactor, or raise kafka.brokers.",
  INVALID_CONFIG: "See workload.topicConfig: it takes Kafka's names and values.",
  INVALID_TOPIC_EXCEPTION: "Choose another workload.topic.",
};

/** createTopics fails with a list of errors, one for each topic. */
function innerOf(error: unknown): { type?: string; message: string } {
  const [first] = (error as { errors?: { type?: string; message: string }[] }).errors ?? [];
  return first ?? (error as { type?: string; message: string });
}
const kindOf = (error: unknown) => innerOf(error).type ?? "";
const detailOf = (error: unknown) => reason(innerOf(error).message);

async function awaitLeaders(admin: Admin, topic: string, clock: Clock): Promise<ITopicMetadata> {
  const deadline = clock.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const [metadata] = topics;
      if (metadata?.partitions.every(({ leader }) => leader >= 0) && metadata.partitions.length > 0)
        return metadata;
    } catch (error) {
      if (clock.now() > deadline) throw error; // until then, some brokers may not know the topic yet
    }
    if (clock.now() > deadline) throw new Error(`topic ${topic} still has partitions without a leader`);
    await clock.sleep(PAUSE_MS);
  }
}

async function checkSettings(
  admin: Admin,
  wanted: WantedTopic,
  { partitions }: ITopicMetadata,
): Promise<void> {
  const replicas = partitions[0]?.replicas.length ?? 0;
  const differences: string[] = [];
  const compare = (name: string, actual: number, expected: number) => {
    if (actual !== expected) differences.push(`${name}: ${actual}, wanted ${expected}`);
  };
  compare("partitions", partitions.length, wanted.partitions);
  compare("replication factor", replicas, wanted.replicationFactor ?? replicas);
  differences.push(...(await configDifferences(admin, wanted)));
  if (differences.length === 0) return;
  throw new SwarmbenchError(
    "topic-unusable",
    `topic ${wanted.topic} already exists with other settings (${differences.join("; ")})`,
    { hint: "Choose another workload.topic, set the workload to match the topic, or delete the topic." },
  );
}

async function configDifferences(admin: Admin, { topic, config }: WantedTopic): Promise<string[]> {
  const configNames = Object.keys(config);
  if (configNames.length === 0) return [];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }],
  });
  const values = new Map(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
  return Object.entries(config)
    .filter(([name, value]) => values.get(name) !== value)
    .map(([name, value]) => `${name}: ${values.get(name) ?? "unknown"}, wanted ${value}`);
}

async function endsOf(admin: Admin, topic: string): Promise<StartOffsets> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return Object.fromEntries(offsets.map(({ partition, high }) => [partition, high]));
}
