// Converts results of earlier schema versions.
import { SCHEMA_VERSION } from "../contract/result.ts";

type Fields = Record<string, unknown>;

/**
 * Earlier versions that can be read. In version 2, steps had no `state`, and a step without results had zeros and empty
 * distributions. Version 3 called latency "delay".
 */
const READABLE: readonly unknown[] = [2, 3];
/** The fields of a failed step since version 3. */
const FAILED_STEP_FIELDS = [
  "step",
  "phase",
  "values",
  "startedAt",
  "producers",
  "consumers",
  "groups",
  "brokers",
  "acks",
  "client",
  "messageBytes",
  "ratePerProducer",
  "verdict",
  "reasons",
  "network",
];
/** Names of version 3 and their current names. */
const RENAMED: Readonly<Record<string, string>> = {
  delayMs: "latencyMs",
  correctedDelayMs: "correctedLatencyMs",
};

/** A run or an event, converted to this version. Documents of this version or an unknown one stay unchanged. */
export function upgraded(document: unknown): unknown {
  if (!isObject(document)) return document;
  const fields = { ...document };
  if (READABLE.includes(fields.schemaVersion)) fields.schemaVersion = SCHEMA_VERSION;
  if (fields.schemaVersion === SCHEMA_VERSION && Array.isArray(fields.steps)) {
    fields.steps = fields.steps.map(upgradedStep);
    // Older runs had no preheat, and kept no bracket of a search without a knee.
    fields.preheat ??= [];
    fields.bracket ??= null;
  }
  // Events of steps and seconds have no version of their own.
  if (fields.event === "step") fields.result = upgradedStep(fields.result);
  if (fields.event === "second" && isObject(fields.second)) fields.second = renamed(fields.second);
  return fields;
}

function upgradedStep(step: unknown): unknown {
  if (!isObject(step)) return step;
  const fields = renamed(step);
  if (Array.isArray(fields.seconds)) {
    fields.seconds = fields.seconds.map((second) => (isObject(second) ? renamed(second) : second));
  }
  if ("state" in fields) return fields;
  if (fields.offered !== 0) return { state: "measured", ...fields };
  const common = Object.entries(fields).filter(([name]) => FAILED_STEP_FIELDS.includes(name));
  return { state: "failed", ...Object.fromEntries(common), verdict: "failed" };
}

function renamed(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [RENAMED[name] ?? name, value]));
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
