// The results of a run: run.json, and the events that it is built from. Other tools read it: a change that breaks them
// increments `SCHEMA_VERSION`. results/run.schema.json is generated from this.
import { z } from "zod";
import { faultFields, faultOptionsSchema, faultRecordSchema } from "./faults.ts";
import { networkSchema, nodeClockSchema } from "./network.ts";
import { limitSchema } from "./resources.ts";
import { scaleSchema } from "./scale.ts";
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

/** Version of run.json and of the events. */
export const SCHEMA_VERSION = 4;

const count = z.int().min(0);

const kneeSchema = z.strictObject({
  variable: z.enum(SEARCH_VARIABLES),
  /** The largest value that met the SLO. */
  value: z.number(),
  /** Interval of the true limit: the SLO was met at the first value, missed at the second. null: no value missed it. */
  interval: z.tuple([z.number(), z.number().nullable()]),
  /** Probability that the interval contains the limit, from 0 to 1. */
  confidence: z.number(),
  /** Probability that a step at `value` meets the SLO, from all trials. Absent: no value missed the SLO, or the run is older. */
  meetsSloChance: z.number().optional(),
  /** Whether the long step at `value` met the SLO (`search.confirm`). Absent: there was none. */
  confirmed: z.boolean().optional(),
  slo: sloSchema,
  /** Why the search ended, and what failed first beyond the knee. */
  reason: z.string(),
  /** What limited the load beyond the knee; null: not known. Absent in events and in older runs. */
  limit: limitSchema.nullable().optional(),
});
/** The largest load that meets the SLO. */
export type Knee = z.output<typeof kneeSchema>;

const bracketSchema = z.strictObject({
  variable: z.enum(SEARCH_VARIABLES),
  /** The largest value that met the SLO; null: none did. */
  met: z.number().nullable(),
  /** The smallest larger value that missed it; null: none did. */
  missed: z.number().nullable(),
  /** The smallest larger value at which the generator was at its own limit; null: it was not. */
  generatorBound: z.number().nullable(),
  /** Why the search did not find the knee. */
  reason: z.string(),
  /** What limited the load beyond `met`; null: not known. Absent in events. */
  limit: limitSchema.nullable().optional(),
});
/** What a search that found no knee still knows about it: it lies above `met` and below `missed`. */
export type Bracket = z.output<typeof bracketSchema>;

const searchStateSchema = z.strictObject({
  at: instant,
  /** The step after which this was known. */
  step: z.int().min(1),
  variable: z.enum(SEARCH_VARIABLES),
  /** Interval of the limit at the confidence of a knee's interval, and its median: half of the trials there meet the SLO. */
  low: z.number(),
  median: z.number(),
  high: z.number(),
});
/** What a search for the knee knew of the limit after one of its steps. */
export type SearchState = z.output<typeof searchStateSchema>;

const noteSchema = z.strictObject({
  at: instant,
  kind: z.enum(["warning", "resumed", "rebalance"]),
  text: z.string(),
});
/** Something that happened during a run, with its time. */
export type Note = z.output<typeof noteSchema>;

const otherKneeSchema = z.strictObject({
  slo: sloSchema,
  knee: kneeSchema.nullable(),
  bracket: bracketSchema.nullable(),
  searchReason: z.string(),
});
/** The result of a search for one of its other SLOs (`search.otherP99Ms`), as `knee`, `bracket` and `searchReason` are for `slo`. */
export type OtherKnee = z.output<typeof otherKneeSchema>;

/** The conditions of a run: everything that its results depend on, in run.json. */
export const conditionsSchema = z.strictObject({
  swarmbench: z.strictObject({
    version: z.string(),
    commit: z.string().nullable(),
    dirty: z.boolean().nullable(),
  }),
  /** Source of the images: `official` or `built`. */
  source: z.string(),
  /** Image of each service, by digest. */
  images: z.record(z.string(), z.string()),
  /** Versions of Docker, Kafka, Node.js and the clients. */
  versions: z.record(z.string(), z.string()),
  /** Settings of the scenario that affect the results: nodes, Kafka, limits. */
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
/** The conditions of a run: {@link conditionsSchema}. */
export type Conditions = z.output<typeof conditionsSchema>;

/** run.json. */
export const runSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Its name, which is also that of its folder: `<UTC time>-<scenario>-<id>`. */
  run: z.string(),
  scenario: z.string(),
  startedAt: instant,
  /** null: it ended without its last event. */
  endedAt: instant.nullable(),
  conditions: conditionsSchema,
  slo: sloSchema,
  /** The network between the nodes before the load. null: not measured. */
  network: networkSchema.nullable(),
  nodeClocks: z.array(nodeClockSchema),
  /** How its loads were scaled (`benchmark.scale`). Absent: they were not, or not yet. */
  scale: scaleSchema.optional(),
  /** Steps of the preheat, which do not count as evidence. Absent in older runs. */
  preheat: z.array(stepSchema).optional(),
  steps: z.array(stepSchema),
  knee: kneeSchema.nullable(),
  /** What is known about the knee if the search did not find it; null: it did, or there was no search. Absent in older runs. */
  bracket: bracketSchema.nullable().optional(),
  /** Why there is no knee, or how the search went; empty without a search. */
  searchReason: z.string(),
  /** The results for the other SLOs of the search, in their order. Absent: it has one SLO. */
  otherKnees: z.array(otherKneeSchema).optional(),
  /** `ok`: every step met the SLO, or a knee was found; otherwise the verdict of the worst step. */
  verdict: z.enum(RUN_VERDICTS),
  warnings: z.array(z.string()),
  /** How the search narrowed the limit, step by step. Absent: no search, or an older run. */
  searchStates: z.array(searchStateSchema).optional(),
  /** When warnings were given, the run was resumed and consumer groups rebalanced. Absent in older runs. */
  notes: z.array(noteSchema).optional(),
  /** Points for InfluxDB; null: the stack has none. */
  points: z.strictObject({ written: count, lost: count }).nullable(),
});
/** The results of a run: {@link runSchema}. */
export type Run = z.output<typeof runSchema>;

/** One event of a run, which is one line of events.jsonl. The runner writes it as it happens. */
export const eventSchema = z.discriminatedUnion("event", [
  z.strictObject({
    event: z.literal("run"),
    schemaVersion: z.literal(SCHEMA_VERSION),
    run: z.string(),
    scenario: z.string(),
    at: instant,
    /** Whether it continues a run that was interrupted. */
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
  /** Once, after the preheat of a run with `scale: auto`, otherwise before it. */
  scaleSchema.extend({ event: z.literal("scale"), at: instant }),
  /** After every step, about the whole run so far: the last one counts. */
  z.strictObject({ event: z.literal("clocks"), at: instant, nodes: z.array(nodeClockSchema) }),
  /** After a step of a run that searches, once some trial met or missed the SLO. */
  searchStateSchema.extend({ event: z.literal("search") }),
  /** In one measured second, consumers joined their groups again. `consumers`: how often. */
  z.strictObject({
    event: z.literal("rebalance"),
    at: instant,
    step: z.int().min(1),
    consumers: z.int().min(1),
  }),
  /**
   * The measured time of a step was set: its start and end, whole seconds since 1970 by the runner's clock. Only for steps
   * with faults.
   */
  z.strictObject({
    event: z.literal("measured-time"),
    at: instant,
    step: z.int().min(1),
    fromSec: z.int(),
    toSec: z.number(),
  }),
  /** Some seconds before a fault of a step: the runner has looked up its target. The command that follows the run executes it. */
  z.strictObject({
    event: z.literal("fault-due"),
    at: instant,
    ...faultFields,
    options: faultOptionsSchema,
    /** When it is due: ms since 1970. */
    dueMs: z.number(),
    /** Why the target could not be looked up; then the fault is not executed. */
    error: z.string().nullable(),
  }),
  /**
   * A fault began, ended or failed: its record so far, of which the last one counts. Written by the command that follows the
   * run; for a fault of a consumer, by the runner.
   */
  z.strictObject({ event: z.literal("fault"), at: instant, record: faultRecordSchema }),
  z.strictObject({ event: z.literal("warning"), at: instant, text: z.string() }),
  z.strictObject({
    event: z.literal("end"),
    at: instant,
    knee: kneeSchema.nullable(),
    bracket: bracketSchema.nullable().optional(),
    searchReason: z.string(),
    otherKnees: z.array(otherKneeSchema).optional(),
    verdict: z.enum(RUN_VERDICTS),
    /** Why it failed or was interrupted. */
    error: z.string().optional(),
    points: z.strictObject({ written: count, lost: count }).nullable(),
  }),
]);
/** One event of a run: {@link eventSchema}. */
export type RunEvent = z.output<typeof eventSchema>;
/** The announcement of a fault. */
export type FaultDue = Extract<RunEvent, { event: "fault-due" }>;
