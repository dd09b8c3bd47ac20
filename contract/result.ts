// The results of a run: run.json, and the events that it is made of. Other tools read it: a change that breaks them
// counts `SCHEMA_VERSION` up. results/run.schema.json is the same as a JSON Schema.
import { z } from "zod";
import { networkSchema, nodeClockSchema } from "./network.ts";
import { anyStepSchema, instant, secondSchema, stepSchema } from "./step.ts";
import { RUN_VERDICTS } from "./verdicts.ts";
import { SEARCH_VARIABLES, sloSchema } from "./workload.ts";

export { type Distribution, distributionSchema } from "./distribution.ts";
export {
  type FailedStep,
  type GeneratorMetrics,
  isMeasured,
  type MeasuredStep,
  measuredSteps,
  type Second,
  type Step,
  stepSchema,
} from "./step.ts";

export const SCHEMA_VERSION = 4;

const count = z.int().min(0);

export const kneeSchema = z.strictObject({
  variable: z.enum(SEARCH_VARIABLES),
  /** The largest value that met the SLO. */
  value: z.number(),
  /** Where the true limit lies: met at the first, missed at the second. The second is null where nothing was missed. */
  interval: z.tuple([z.number(), z.number().nullable()]),
  /** Of the interval; 0 to 1. */
  confidence: z.number(),
  slo: sloSchema,
  /** Why the search stopped, and what failed first beyond the knee. */
  reason: z.string(),
});
export type Knee = z.output<typeof kneeSchema>;

/** What the figures were made under. */
export const conditionsSchema = z.strictObject({
  swarmbench: z.strictObject({
    version: z.string(),
    commit: z.string().nullable(),
    dirty: z.boolean().nullable(),
  }),
  source: z.string(),
  /** By part: what is run, by digest. */
  images: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
  /** The scenario's settings that tell on the figures: nodes, kafka, limits. */
  settings: z.record(z.string(), z.unknown()),
  workload: z.record(z.string(), z.unknown()),
  benchmark: z.record(z.string(), z.unknown()),
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      role: z.string(),
      cpus: z.number().nullable(),
      memoryMiB: z.number().nullable(),
      cpuModel: z.string().nullable(),
      kernel: z.string().nullable(),
    }),
  ),
  agents: z.array(
    z.strictObject({ name: z.string(), role: z.enum(["producer", "consumer"]), node: z.string() }),
  ),
});
export type Conditions = z.output<typeof conditionsSchema>;

export const runSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Also the name of its folder: <UTC time>-<scenario>-<id>. */
  run: z.string(),
  scenario: z.string(),
  startedAt: instant,
  /** null: it was cut off. */
  endedAt: instant.nullable(),
  conditions: conditionsSchema,
  slo: sloSchema,
  /** The network between the nodes, before the load. null: nothing measured it. */
  network: networkSchema.nullable(),
  nodeClocks: z.array(nodeClockSchema),
  steps: z.array(stepSchema),
  knee: kneeSchema.nullable(),
  /** Why there is no knee, or how the search went; empty where none was searched. */
  searchReason: z.string(),
  /** `ok`: every step met the SLO, or a knee was found; else of the worst step. */
  verdict: z.enum(RUN_VERDICTS),
  warnings: z.array(z.string()),
  /** Points for InfluxDB. */
  points: z.strictObject({ written: count, lost: count }).nullable(),
});
export type Run = z.output<typeof runSchema>;

/** What the runner writes, a line each, as it happens: events.jsonl. */
export const eventSchema = z.discriminatedUnion("event", [
  z.strictObject({
    event: z.literal("run"),
    schemaVersion: z.literal(SCHEMA_VERSION),
    run: z.string(),
    scenario: z.string(),
    at: instant,
    /** Whether it goes on with an earlier one's steps. */
    resumed: z.boolean(),
    conditions: conditionsSchema,
    slo: sloSchema,
  }),
  z.strictObject({
    event: z.literal("step-started"),
    at: instant,
    step: z.int().min(1),
    values: anyStepSchema.shape.values,
  }),
  z.strictObject({ event: z.literal("second"), step: z.int().min(1), second: secondSchema }),
  z.strictObject({ event: z.literal("step"), at: instant, result: stepSchema }),
  /** Once, before the first step. */
  z.strictObject({ event: z.literal("network"), at: instant, network: networkSchema }),
  /** After every step, of the whole run so far: the last one counts. */
  z.strictObject({ event: z.literal("clocks"), at: instant, nodes: z.array(nodeClockSchema) }),
  z.strictObject({ event: z.literal("warning"), at: instant, text: z.string() }),
  z.strictObject({
    event: z.literal("end"),
    at: instant,
    knee: kneeSchema.nullable(),
    searchReason: z.string(),
    verdict: z.enum(RUN_VERDICTS),
    /** Why it failed or was interrupted. */
    error: z.string().optional(),
    points: z.strictObject({ written: count, lost: count }).nullable(),
  }),
]);
export type RunEvent = z.output<typeof eventSchema>;
