// Errors in a workload that involve several of its options.
import { type Client, type CompressionCodec, clientErrors } from "./clients.ts";
import { topicConfigErrors } from "./topicConfig.ts";
import { DEFAULT_RATE } from "./workloadFields.ts";

/** The options of a workload that are checked together. */
interface Load {
  client: Client;
  producers: number;
  rate?: number;
  totalRate?: number;
  consumers: number;
  groups: number;
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

/** Largest total rate: more messages per second than any generator can send. */
const MOST_RATE = 10_000_000;
/** Largest number of consumers: more than any cluster accepts. */
const MOST_CONSUMERS = 100_000;

/** Returns the errors in a workload that involve several of its options; empty if there are none. */
export function workloadErrors(load: Load): LoadError[] {
  const errors = [...rateErrors(load), ...consumerErrors(load)];
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

function consumerErrors({ consumers, groups }: Load): LoadError[] {
  const all = consumers * groups;
  if (all <= MOST_CONSUMERS) return [];
  const message = `${groups} groups would have ${all} consumers together; expected at most ${MOST_CONSUMERS}: lower consumers or groups`;
  return [{ path: ["consumers"], message }];
}
