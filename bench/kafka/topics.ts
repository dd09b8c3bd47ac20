// The topics that a run uses.
import kafkajs, { type Admin, type ITopicMetadata } from "kafkajs";
import type { KafkaTarget } from "../../contract/target.ts";
import { impatientClient } from "../clients/clientConfig.ts";
import type { StartOffsets } from "../clients/port.ts";
import { type Clock, realClock } from "../clock.ts";
import { Problem, reason } from "../problem.ts";

export interface WantedTopic {
  topic: string;
  partitions: number;
  /** @default the cluster's own */
  replicationFactor?: number;
  /** Settings by Kafka's names. */
  config: Record<string, string>;
}

export interface Topic {
  partitions: number;
  replicationFactor: number;
  /** Whether it was made now. */
  created: boolean;
  /** Of one that was there: the ends of its partitions. */
  startOffsets: StartOffsets;
}

const LEADERS_TIMEOUT_MS = 30_000;
const PAUSE_MS = 100;

/**
 * A topic of these settings: one that is there, or a new one, once every partition has a leader.
 *
 * @throws Problem that lists every setting that an existing topic has otherwise, or says why it cannot be made
 */
export async function ensureTopic(
  target: KafkaTarget,
  wanted: WantedTopic,
  clock = realClock,
): Promise<Topic> {
  return withAdmin(target, async (admin) => {
    const created = await create(admin, wanted);
    const metadata = await awaitLeaders(admin, wanted.topic, clock);
    if (!created) await refuseOther(admin, wanted, metadata);
    return {
      partitions: metadata.partitions.length,
      replicationFactor: metadata.partitions[0]?.replicas.length ?? 0,
      created,
      startOffsets: created ? {} : await endsOf(admin, wanted.topic),
    };
  });
}

/** Of one that a run made; absent is fine. */
export async function removeTopic(target: KafkaTarget, topic: string): Promise<void> {
  await withAdmin(target, async (admin) => {
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
  });
}

async function withAdmin<T>(target: KafkaTarget, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = impatientClient(target).admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (error) {
    if (error instanceof Problem) throw error;
    const where = target.bootstrap.join(", ");
    throw new Problem(
      `Kafka at ${where} cannot be asked for topics: ${reason(error)}`,
      "See whether its brokers run: on the manager, docker service ls",
      { cause: error },
    );
  } finally {
    await admin.disconnect().catch(() => {}); // what it was wanted for has been done, or has failed
  }
}

/** @returns false where it is there already */
async function create(
  admin: Admin,
  { topic, partitions, replicationFactor, config }: WantedTopic,
): Promise<boolean> {
  try {
    return await admin.createTopics({
      waitForLeaders: false, // it waits without an end
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
    const next = NEXT[kindOf(error)];
    if (next === undefined) throw error;
    throw new Problem(`topic ${topic} cannot be made: ${detailOf(error)}`, next);
  }
}

/** What the user can do about Kafka's refusals. */
const NEXT: Record<string, string> = {
  INVALID_PARTITIONS: "Lower workload.partitions.",
  POLICY_VIOLATION: "The cluster's policy forbids it: set the workload as it allows.",
  TOPIC_AUTHORIZATION_FAILED: "Choose a workload.topic that its user may make.",
  INVALID_REPLICATION_FACTOR: "Lower workload.replicationFactor, or raise kafka.brokers.",
  INVALID_CONFIG: "See workload.topicConfig: names and values are Kafka's own.",
  INVALID_TOPIC_EXCEPTION: "Choose another workload.topic.",
};

/** createTopics fails with one error for each topic. */
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
      if (clock.now() > deadline) throw error; // so long it may be known to some brokers only, or have no leader
    }
    if (clock.now() > deadline) throw new Error(`topic ${topic} has partitions without a leader`);
    await clock.sleep(PAUSE_MS);
  }
}

async function refuseOther(admin: Admin, wanted: WantedTopic, { partitions }: ITopicMetadata): Promise<void> {
  const replicas = partitions[0]?.replicas.length ?? 0;
  const differences = [
    ...(partitions.length === wanted.partitions
      ? []
      : [`partitions: ${partitions.length}, wanted ${wanted.partitions}`]),
    ...(wanted.replicationFactor === undefined || replicas === wanted.replicationFactor
      ? []
      : [`replication factor: ${replicas}, wanted ${wanted.replicationFactor}`]),
    ...(await configDifferences(admin, wanted)),
  ];
  if (differences.length === 0) return;
  throw new Problem(
    `topic ${wanted.topic} is there with other settings (${differences.join("; ")})`,
    "Choose another workload.topic, set the workload as the topic is, or delete the topic.",
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
