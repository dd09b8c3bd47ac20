// Errors in a workload that involve several of its options.
import { type Client, type CompressionCodec, clientErrors } from "./clients.ts";
import { topicConfigErrors } from "./topicConfig.ts";
import { DEFAULT_RATE, MOST_RATE } from "./workloadFields.ts";

/** The options of a workload that are checked together. */
interface Load {
  client: Client;
  producers: number;
  rate?: number;
  totalRate?: number;
  consumers: number;
  groups: number;
  topic?: string;
  /** Undefined: one. */
  topics?: number;
  partitions: number;
  acks: unknown;
  idempotent: boolean;
  compression: CompressionCodec;
  keys: unknown;
  topicConfig: Readonly<Record<string, unknown>>;
  replicationFactor?: number;
}

/** What is wrong, and the option that should change. */
interface LoadError {
  path: string[];
  message: string;
}

/** Largest number of consumers: more than any cluster accepts. */
const MOST_CONSUMERS = 100_000;
/** More partitions than any cluster has for one benchmark. */
const MOST_PARTITIONS = 200_000;
/** Longest name of a topic in Kafka (org.apache.kafka.common.internals.Topic). */
const MOST_NAME = 249;

/** Returns the errors in a workload that involve several of its options; empty if there are none. */
export function workloadErrors(load: Load): LoadError[] {
  const errors = [...rateErrors(load), ...consumerErrors(load), ...topicErrors(load)];
  for (const { property, message } of topicConfigErrors(load)) {
    errors.push({ path: ["topicConfig", property], message });
  }
  for (const { option, message } of clientErrors(load.client, load)) errors.push({ path: [option], message });
  if (load.idempotent && load.acks !== "all") {
    errors.push({ path: ["idempotent"], message: "an idempotent producer requires acks: all" });
  }
  return errors;
}

function rateErrors({ rate, totalRate, producers }: Load): LoadError[] {
  if (rate !== undefined && totalRate !== undefined) {
    const message = "set either rate (of each producer) or totalRate (of all), not both";
    return [{ path: ["totalRate"], message }];
  }
  const total = totalRate ?? producers * (rate ?? DEFAULT_RATE);
  if (total <= MOST_RATE) return [];
  const message = `${producers} producers would send ${total} messages per second together; expected at most ${MOST_RATE}: lower rate or producers, or set totalRate`;
  return [{ path: ["rate"], message }];
}

function topicErrors({ topic = "", topics = 1, partitions, producers }: Load): LoadError[] {
  const errors: LoadError[] = [];
  if (producers < topics) {
    const message = `${producers} producers cannot send to ${topics} topics, since each sends to one; raise producers, or lower topics`;
    errors.push({ path: ["topics"], message });
  }
  const all = topics * partitions;
  if (all > MOST_PARTITIONS) {
    const message = `${topics} topics would have ${all} partitions together; expected at most ${MOST_PARTITIONS}: lower topics or partitions`;
    errors.push({ path: ["topics"], message });
  }
  if (topics > 1 && `${topic}-${topics}`.length > MOST_NAME) {
    const message = `expected a name that leaves room for the number of a topic, at most ${MOST_NAME} characters with it`;
    errors.push({ path: ["topic"], message });
  }
  return errors;
}

function consumerErrors({ consumers, groups, topics = 1 }: Load): LoadError[] {
  const all = consumers * groups * topics;
  if (all <= MOST_CONSUMERS) return [];
  const ofTopics = topics > 1 ? ` of ${topics} topics` : "";
  const message = `${groups} groups${ofTopics} would have ${all} consumers together; expected at most ${MOST_CONSUMERS}: lower consumers or groups`;
  return [{ path: ["consumers"], message }];
}
