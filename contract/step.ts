// The results of a step: a part of a run's, see result.ts.
import { z } from "zod";
import { distributionSchema } from "./distribution.ts";
import { stepNetworkSchema } from "./network.ts";
import { STEP_VERDICTS } from "./verdicts.ts";
import { STEP_VARIABLES } from "./workload.ts";

const count = z.int().min(0);
const ms = z.number();
/** UTC, ISO 8601. */
export const instant = z.iso.datetime();

/** One second of a step, by the clock; all tasks together. Messages, not rates. */
export const secondSchema = z.strictObject({
  /** Whole seconds since 1970. */
  at: z.int(),
  /** Whether it is wholly within the measured time. */
  measured: z.boolean(),
  /** Due in this second. */
  offered: count,
  sent: count,
  acked: count,
  delivered: count,
  /** Of the values delivered. */
  bytes: count,
  errors: count,
  late: count,
  /** Sent so far, but not delivered yet to every group. */
  backlog: z.int(),
  latencyMs: distributionSchema,
  generator: z.strictObject({
    scheduleLagMsP99: ms.nullable(),
    eventLoopDelayMsP99: ms.nullable(),
    /** Of the busiest task, in CPUs. */
    cpu: z.number().nullable(),
    /** Of all agents. */
    memoryMiB: z.number().nullable(),
  }),
});
export type Second = z.output<typeof secondSchema>;

export const generatorSchema = z.strictObject({
  /** From a message's intended time to the call of the client's send, p99 of all messages measured, ms. */
  scheduleLagMsP99: ms.nullable(),
  scheduleLagMsMax: ms.nullable(),
  /** Of the worst task. */
  eventLoopDelayMsP99: ms.nullable(),
  /** CPUs that the busiest task used, of which one thread can use 1. */
  cpu: z.number().nullable(),
  /** CPUs that all agents used. */
  cpuTotal: z.number().nullable(),
  /** Share of the time in which the busiest task's main thread waited for a CPU. */
  cpuWait: z.number().nullable(),
  /** Memory of all agents, MiB. */
  memoryMiB: z.number().nullable(),
});
export type GeneratorMetrics = z.output<typeof generatorSchema>;

/** Clocks of two tasks, compared by timestamps that they exchange (bench/exchange/bounds.ts) during the step. */
const pairClockSchema = z.strictObject({
  /** Names of tasks, or `runner`. */
  from: z.string(),
  to: z.string(),
  /** How far the clock of `to` is ahead of that of `from` in the middle of the measured time; null: no answer came. */
  offsetMs: ms.nullable(),
  /** The true offset is within ± this, throughout the measured time. */
  boundMs: ms.nullable(),
  /** µs that it gets further ahead in a second. */
  driftPpm: z.number().nullable(),
  /** false: a clock was stepped or slewed meanwhile, and the bound is so much wider. */
  straight: z.boolean().nullable(),
  /** Of the quickest probe, there and back. */
  minRttMs: ms.nullable(),
  sent: count,
  answered: count,
});

const stepClocksSchema = z.strictObject({
  /** What clocks make a latency wrong by at the most: the largest offset of a producer and a consumer, and its bound. */
  errorMs: ms.nullable(),
  /** The same of the corrected latencies: what remains. null: clocks could not be compared, and nothing is corrected. */
  boundMs: ms.nullable(),
  pairs: z.array(pairClockSchema),
});

/** A share of the messages, timed one way and on the node that sent them, by its monotonic clock alone. */
const sameNodeSchema = z.strictObject({
  /** Of all messages, 0 to 1. */
  share: z.number(),
  ownMs: distributionSchema,
  oneWayMs: distributionSchema,
  /** Of the medians: one way minus own. */
  differenceMs: ms,
  /** What it may be: the clocks' bound, the medians' own error, and that two processes receive at other times. */
  boundMs: ms,
  agrees: z.boolean(),
});

/** What was asked of a step, and what came of it. */
export const anyStepSchema = z.strictObject({
  /** From 1, in the order in which they ran. */
  step: z.int().min(1),
  phase: z.enum(["sweep", "search", "soak"]),
  /** What this step varies, and its values. */
  values: z.partialRecord(z.enum(STEP_VARIABLES), z.union([z.number(), z.string()])),
  startedAt: instant,
  producers: count,
  consumers: count,
  groups: count,
  brokers: count,
  acks: z.union([z.literal(0), z.literal(1), z.literal("all")]),
  client: z.string(),
  messageBytes: z.number(),
  ratePerProducer: z.number(),
  verdict: z.enum(STEP_VERDICTS),
  /** Why, as sentences. */
  reasons: z.array(z.string()),
  /** Absent: nothing measured it. */
  network: stepNetworkSchema.nullable().optional(),
});

export const measuredStepSchema = anyStepSchema.extend({
  state: z.literal("measured"),
  /** Nodes that producers and consumers ran on. */
  nodes: count,
  partitions: count,
  replicationFactor: count,
  /** Of the measured time. */
  durationSeconds: z.number(),
  warmUpSeconds: z.number(),
  /** Whether it was steady by the end of the warm-up; why not. */
  steady: z.boolean(),
  steadyReason: z.string(),
  /** Messages whose intended time is in the measured time: what became of them. */
  offered: count,
  sent: count,
  acked: count,
  /** By a group, each message once; the least of the groups. */
  delivered: count,
  /** Acknowledged (with acks 0: sent) and not delivered to every group by the end of the drain. */
  lost: count,
  duplicated: count,
  /** Left out by consumers that a calibration told to: no such step is a measurement. */
  skippedOnPurpose: count.optional(),
  /** Delivered after a later one of the same producer and partition. */
  reordered: count,
  /** Sent more than a tenth of the SLO after their intended time. */
  late: count,
  /** Due in the measured time, and not sent by the end of the drain. */
  unsent: count,
  /** Sends that failed, by the kind of error. */
  errors: z.record(z.string(), count),
  /** Of the values delivered, in the measured time. */
  bytes: count,
  /** Messages sent and not delivered when the measured time ended, and how long it took until they were; null: not in time. */
  backlogAtEnd: z.int(),
  drainSeconds: z.number().nullable(),
  latencyMs: distributionSchema,
  /** As it would be with clocks that agree, to {@link stepClocksSchema}'s boundMs; null: not known. */
  correctedLatencyMs: distributionSchema.nullable(),
  clocks: stepClocksSchema,
  /** null: too few messages, or partitions, for it. */
  sameNode: sameNodeSchema.nullable(),
  ackMs: distributionSchema,
  sendToReceiveMs: distributionSchema,
  /** The latency of the producer whose own p99 is the largest. */
  slowestProducer: z.strictObject({ producer: count, p99: ms }).nullable(),
  generator: generatorSchema,
  /** CPUs that all brokers used; null where it could not be had. */
  brokersCpu: z.number().nullable(),
  /** CPUs that were busy on the busiest machine, and how many it has. */
  busiestMachine: z.strictObject({ cpusBusy: z.number(), cpus: z.number() }).nullable(),
  /** Of the latency, HdrHistogram V2 compressed, base64, µs; after a "|" the magnitudes of those below zero, if there are any. */
  histogram: z.string(),
  histograms: z.strictObject({ ack: z.string(), sendToReceive: z.string() }),
  /** Warm-up, measured time and drain. */
  seconds: z.array(secondSchema),
  /** How long it took until all clients were connected and ready. */
  connectSeconds: z.number(),
});
/** A step that ran to its end, and in which messages were due: it has results, whatever its verdict. */
export type MeasuredStep = z.output<typeof measuredStepSchema>;

export const failedStepSchema = anyStepSchema.extend({
  state: z.literal("failed"),
  verdict: z.literal("failed"),
});
/** A step that could not be carried out, or in which no message was due: it has no results. */
export type FailedStep = z.output<typeof failedStepSchema>;

export const stepSchema = z.discriminatedUnion("state", [measuredStepSchema, failedStepSchema]);
export type Step = z.output<typeof stepSchema>;

/** Those of a run's steps that have results. */
export function measuredSteps({ steps }: { steps: readonly Step[] }): MeasuredStep[] {
  return steps.filter(isMeasured);
}

/** Whether a step has results. */
export function isMeasured(step: Step): step is MeasuredStep {
  return step.state === "measured";
}
