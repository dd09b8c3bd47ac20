// Results of earlier schema versions, brought into the form of this one.
import { SCHEMA_VERSION } from "../contract/result.ts";

type Fields = Record<string, unknown>;

/** Version 2 had no `state`: a step without results had zeros and empty distributions instead. */
const V2 = 2;
/** What version 3 has of a step that has no results. */
const OF_FAILED_STEP = [
  ...[
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
  ],
  ...["messageBytes", "ratePerProducer", "verdict", "reasons", "network"],
];

/**
 * A run, or an event of one, as this version has it. What is of this version already, and what is of a version that is not
 * known, stays as it is.
 */
export function upgraded(document: unknown): unknown {
  if (!isObject(document)) return document;
  const fields = { ...document };
  if (fields.schemaVersion === V2) fields.schemaVersion = SCHEMA_VERSION;
  if (fields.schemaVersion === SCHEMA_VERSION && Array.isArray(fields.steps)) {
    fields.steps = fields.steps.map(upgradedStep);
  }
  // The events of steps have no version of their own.
  if (fields.event === "step") fields.result = upgradedStep(fields.result);
  return fields;
}

function upgradedStep(step: unknown): unknown {
  if (!isObject(step) || "state" in step) return step;
  if (step.offered !== 0) return { state: "measured", ...step };
  const kept = Object.entries(step).filter(([name]) => OF_FAILED_STEP.includes(name));
  return { state: "failed", ...Object.fromEntries(kept), verdict: "failed" };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
