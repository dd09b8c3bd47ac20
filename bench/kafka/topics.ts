// The topics of a run. Partitions of several topics are numbered in one sequence (contract/topics.ts).
import kafkajs, { type Admin, type ITopicMetadata } from "kafkajs";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { ofAllTopics, topicNames } from "../../contract/topics.ts";
import { failFastClient } from "../clients/clientConfig.ts";
import type { StartOffsets } from "../clients/port.ts";
import { type Clock, realClock } from "../clock.ts";
import type { LogOffsets } from "../measure/unread.ts";
import { reason } from "../reason.ts";

/** The topic settings that a run needs. */
interface WantedTopic {
  /** Its name, or the start of the names of several. */
  topic: string;
  /** @default 1 */
  topics?: number | undefined;
  /** Of each topic. */
  partitions: number;
  /** @default the cluster's default */
  replicationFactor?: number;
  /** Topic configs by Kafka's names. */
  config: Record<string, string>;
}

/** Topics that are ready to use. */
export interface Topic {
  /** Of each topic. */
  partitions: number;
  replicationFactor: number;
  /** Whether this call created all of them. */
  created: boolean;
  /** The end offsets of topics that already existed; empty for new ones. */
  startOffsets: StartOffsets;
}

const LEADERS_TIMEOUT_MS = 30_000;
const PAUSE_MS = 100;
/** Topics per request, so that the response arrives within the client's timeout. */
const TOPICS_AT_ONCE = 100;

/**
 * Ensures that topics with these settings exist, and waits until every partition has a leader. If it fails, it
 * deletes the topics that it created.
 *
 * @throws SwarmbenchError `topic-unusable` with every difference of an existing topic, or with the reason why the topic cannot be
 *   created; `kafka-failed` if Kafka cannot be reached
 */
export async function ensureTopic(
  target: KafkaTarget,
  wanted: WantedTopic,
  clock = realClock,
): Promise<Topic> {
  const names = topicNames(wanted.topic, wanted.topics ?? 1);
  const created = new Set<string>();
  return withAdmin(target, async (admin) => {
    try {
      let last: ITopicMetadata | undefined;
      for (const chunk of chunksOf(names)) {
        for (const name of await create(admin, wanted, chunk)) created.add(name);
        for (const metadata of await awaitLeaders(admin, chunk, clock)) {
          if (!created.has(metadata.name)) await checkSettings(admin, wanted, metadata);
          last = metadata;
        }
      }
      const starts = names.map((name) => (created.has(name) ? {} : endsOf(admin, name)));
      return {
        partitions: last?.partitions.length ?? 0,
        replicationFactor: last?.partitions[0]?.replicas.length ?? 0,
        created: created.size === names.length,
        startOffsets: ofAllTopics(await Promise.all(starts), wanted.partitions),
      };
    } catch (error) {
      await remove(admin, created).catch(() => {}); // the first error says more
      throw error;
    }
  });
}

/** Deletes topics that a run created; those that do not exist are ignored. */
export async function removeTopics(target: KafkaTarget, names: readonly string[]): Promise<void> {
  await withAdmin(target, (admin) => remove(admin, new Set(names)));
}

/** The topics whose names begin with a prefix. @throws SwarmbenchError if Kafka does not answer */
export async function topicsWithPrefix(target: KafkaTarget, prefix: string): Promise<string[]> {
  return (await withAdmin(target, (admin) => admin.listTopics())).filter((name) => name.startsWith(prefix));
}

/** Deletes the consumer groups whose names begin with a prefix. They must have no members. */
export async function removeGroups(target: KafkaTarget, prefix: string): Promise<void> {
  await withAdmin(target, async (admin) => {
    const { groups } = await admin.listGroups();
    const own = groups.map(({ groupId }) => groupId).filter((name) => name.startsWith(prefix));
    if (own.length > 0) await admin.deleteGroups(own);
  });
}

async function remove(admin: Admin, names: ReadonlySet<string>): Promise<void> {
  if (names.size === 0) return;
  const existing = (await admin.listTopics()).filter((name) => names.has(name));
  for (const topics of chunksOf(existing)) await admin.deleteTopics({ topics });
}

/**
 * The first and the end offset of each partition of some topics.
 *
 * @param partitions of each topic
 * @throws SwarmbenchError if Kafka does not answer
 */
export async function logOffsets(
  target: KafkaTarget,
  names: readonly string[],
  partitions: number,
): Promise<LogOffsets> {
  const all: Record<number, { low: number; end: number }>[] = [];
  await withAdmin(target, async (admin) => {
    for (const name of names) {
      const offsets = await admin.fetchTopicOffsets(name);
      all.push(
        Object.fromEntries(
          offsets.map(({ partition, low, high }) => [partition, { low: Number(low), end: Number(high) }]),
        ),
      );
    }
  });
  return ofAllTopics(all, partitions);
}

function chunksOf(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / TOPICS_AT_ONCE);
  return Array.from({ length: count }, (_, index) =>
    names.slice(index * TOPICS_AT_ONCE, (index + 1) * TOPICS_AT_ONCE),
  );
}

/** Gives a connected admin client to a function. @throws SwarmbenchError kafka-failed */
export async function withAdmin<T>(target: KafkaTarget, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = failFastClient(target).admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (error) {
    if (error instanceof SwarmbenchError) throw error;
    throw new SwarmbenchError(
      "kafka-failed",
      `topic request to Kafka at ${target.bootstrap.join(", ")} failed: ${reason(error)}`,
      {
        hint: "Check that its brokers are running; for a stack, on the manager: docker service ls",
        cause: error,
      },
    );
  } finally {
    await admin.disconnect().catch(() => {}); // the work itself has succeeded or failed already
  }
}

/** @returns those that did not exist before */
async function create(
  admin: Admin,
  { partitions, replicationFactor, config }: WantedTopic,
  names: readonly string[],
): Promise<readonly string[]> {
  try {
    const created = await admin.createTopics({
      waitForLeaders: false, // kafkajs would wait forever
      topics: names.map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicationFactor ?? -1,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    });
    return created ? names : [];
  } catch (error) {
    const errors = errorsOf(error);
    const failed = errors.find(({ type }) => type !== EXISTS);
    const created = names.filter((name) => !errors.some(({ topic }) => topic === name));
    if (!failed) return created;
    // Only if Kafka answered for each topic: any other topic may have existed before.
    if (errors.every(({ topic }) => topic !== undefined)) await remove(admin, new Set(created));
    const hint = HINTS[failed.type ?? ""];
    if (hint === undefined) throw error;
    const name = failed.topic ?? names[0];
    throw new SwarmbenchError("topic-unusable", `cannot create topic ${name}: ${reason(failed.message)}`, {
      hint,
      cause: error,
    });
  }
}

/** Kafka's name of the error for a topic that exists already. */
const EXISTS = "TOPIC_ALREADY_EXISTS";

/** Hints for Kafka's errors on creating a topic. */
const HINTS: Record<string, string> = {
  INVALID_PARTITIONS: "Lower workload.partitions.",
  POLICY_VIOLATION: "The cluster's create-topic policy forbids it: change the workload to comply.",
  TOPIC_AUTHORIZATION_FAILED: "Choose a workload.topic that the user may create.",
  INVALID_REPLICATION_FACTOR: "Lower workload.replicationFactor, or raise kafka.brokers.",
  INVALID_CONFIG: "Check workload.topicConfig: it takes Kafka's own config names and values.",
  INVALID_TOPIC_EXCEPTION: "Choose another workload.topic.",
};

interface TopicError {
  type?: string;
  topic?: string;
  message: string;
}

/** createTopics fails with a list of errors, one for each topic. */
function errorsOf(error: unknown): TopicError[] {
  const { errors } = error as { errors?: TopicError[] };
  return errors && errors.length > 0 ? errors : [error as TopicError];
}

async function awaitLeaders(
  admin: Admin,
  names: readonly string[],
  clock: Clock,
): Promise<readonly ITopicMetadata[]> {
  const deadline = clock.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    let missing = names[0];
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
      missing = names.find((name) => !hasLeaders(topics.find((topic) => topic.name === name)));
      if (missing === undefined) return topics;
    } catch (error) {
      if (clock.now() > deadline) throw error; // until then, some brokers may not know the topics yet
    }
    if (clock.now() > deadline) throw new Error(`topic ${missing} still has partitions without a leader`);
    await clock.sleep(PAUSE_MS);
  }
}

function hasLeaders(metadata: ITopicMetadata | undefined): boolean {
  const { partitions } = metadata ?? { partitions: [] };
  return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
}

async function checkSettings(
  admin: Admin,
  wanted: WantedTopic,
  { name: topic, partitions }: ITopicMetadata,
): Promise<void> {
  const replicas = partitions[0]?.replicas.length ?? 0;
  const differences: string[] = [];
  const compare = (name: string, actual: number, expected: number) => {
    if (actual !== expected) differences.push(`${name}: ${actual}, wanted ${expected}`);
  };
  compare("partitions", partitions.length, wanted.partitions);
  compare("replication factor", replicas, wanted.replicationFactor ?? replicas);
  differences.push(...(await configDifferences(admin, wanted, topic)));
  if (differences.length === 0) return;
  throw new SwarmbenchError(
    "topic-unusable",
    `topic ${topic} already exists with different settings (${differences.join("; ")})`,
    { hint: "Choose another workload.topic, set the workload to match the topic, or delete the topic." },
  );
}

async function configDifferences(admin: Admin, { config }: WantedTopic, topic: string): Promise<string[]> {
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
