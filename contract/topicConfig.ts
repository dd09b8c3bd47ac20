// Checks of `workload.topicConfig`.
import { didYouMean, type Property, propertyText, propertyValueError } from "./kafkaProperty.ts";
// Generated from Kafka's jars by `node --import tsx offline/kafkaProperties.ts`.
import properties from "./topicProperties.json" with { type: "json" };

/** Every property of a topic by Kafka's name, except those that Kafka marks as internal. */
export const TOPIC_PROPERTIES: ReadonlyMap<string, Property> = new Map(
  Object.entries(properties) as unknown as [string, Property][],
);

const FORMAT = "Kafka 4.0 removed it, because it has only one message format; remove this setting";
/** Properties of topics that Kafka has removed, and what replaces them. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ["message.format.version", FORMAT],
  ["message.downconversion.enable", FORMAT],
  [
    "message.timestamp.difference.max.ms",
    "Kafka 4.0 removed it; set message.timestamp.before.max.ms and message.timestamp.after.max.ms instead",
  ],
]);

/** What is wrong with one property of a topic. */
export interface TopicConfigError {
  property: string;
  message: string;
}

/** The options of a workload that a topic's properties depend on. */
interface TopicUse {
  topicConfig: Readonly<Record<string, unknown>>;
  keys: unknown;
  /** Undefined: the default of the cluster. */
  replicationFactor?: number;
}

/** Returns the errors in the properties of a topic; empty if there are none. */
export function topicConfigErrors({ topicConfig, keys, replicationFactor }: TopicUse): TopicConfigError[] {
  const errors = Object.entries(topicConfig).flatMap(([property, value]) => {
    const message = propertyError(property, value);
    return message === undefined ? [] : [{ property, message }];
  });
  if (errors.length > 0) return errors;
  const cleanup = propertyText(topicConfig["cleanup.policy"] ?? "");
  if (cleanup.split(",").includes("compact") && keys === "none") {
    errors.push({
      property: "cleanup.policy",
      message: "a compacted topic refuses messages without a key; set workload.keys, or remove compact",
    });
  }
  const inSync = Number(topicConfig["min.insync.replicas"] ?? 0);
  if (replicationFactor !== undefined && inSync > replicationFactor) {
    errors.push({ property: "min.insync.replicas", message: tooFewReplicas(inSync, replicationFactor) });
  }
  return errors;
}

/** The message for a topic that no message could be written to, because it has too few replicas. */
export function tooFewReplicas(inSync: number, replicas: number): string {
  return `${inSync} replicas in sync are needed for a write, but a partition has ${replicas}; lower it, or raise workload.replicationFactor`;
}

function propertyError(name: string, value: unknown): string | undefined {
  const removed = REMOVED.get(name);
  if (removed !== undefined) return removed;
  const property = TOPIC_PROPERTIES.get(name);
  if (property) return propertyValueError(property, value) ?? policyError(name, value);
  const suggestion = didYouMean(name, TOPIC_PROPERTIES.keys());
  return `Kafka has no such topic property${suggestion || "; expected a name such as retention.ms"}`;
}

/** Kafka checks this list in code, so the generated properties do not include the accepted values. */
function policyError(name: string, value: unknown): string | undefined {
  if (name !== "cleanup.policy") return undefined;
  const wrong = propertyText(value)
    .split(",")
    .find((policy) => !["delete", "compact"].includes(policy.trim()));
  return wrong === undefined ? undefined : `expected delete, compact or both, got "${wrong}"`;
}
