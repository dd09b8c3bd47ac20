// The results of a step, which are part of the results of a run (result.ts).
import { z } from "zod";
import { distributionSchema } from "./distribution.ts";
import { faultRecordSchema } from "./faults.ts";
import { logCheckSchema } from "./logCheck.ts";
import { stepNetworkSchema } from "./network.ts";
import { faultRecoverySchema, partitionGapsSchema } from "./recovery.ts";
import { brokerMetricsSchema, machineMetricsSchema, ownCostSchema, saturatedSchema } from "./resources.ts";
import { STEP_VERDICTS } from "./verdicts.ts";
import { STEP_VARIABLES } from "./workload.ts";

const count = z.int().min(0);
const ms = z.number();
/** A time: UTC, ISO 8601. */
export const instant = z.iso.datetime();

/** One second of a step, over all tasks. Counts are numbers of messages. */
export const secondSchema = z.strictObject({
  /** Whole seconds since 1970. */
  at: z.int(),
  /** Whether all of it is within the measured time. */
  measured: z.boolean(),
  /** Due in this second. */
  offered: count,
  sent: count,
  acked: count,
  delivered: count,
  /** Bytes of the delivered values. */
  bytes: count,
  errors: count,
  late: count,
  /** Messages sent so far and not yet delivered to every group. */
  backlog: z.int(),
  latencyMs: distributionSchema,
  generator: z.strictObject({
    scheduleLagMsP99: ms.nullable(),
    eventLoopDelayMsP99: ms.nullable(),
    /** CPUs used by the busiest task. */
    cpu: z.number().nullable(),
    /** Memory of all agents. */
    memoryMiB: z.number().nullable(),
  }),
});
/** One second of a step: {@link secondSchema}. */
export type Second = z.output<typeof secondSchema>;

const generatorSchema = z.strictObject({
  /** From a message's intended time to the call of the client's send: p99 of all measured messages, ms. */
  scheduleLagMsP99: ms.nullable(),
  scheduleLagMsMax: ms.nullable(),
  /** Event loop delay of the worst task. */
  eventLoopDelayMsP99: ms.nullable(),
  /** CPUs used by the busiest task. One thread can use 1. */
  cpu: z.number().nullable(),
  /** CPUs used by all agents. */
  cpuTotal: z.number().nullable(),
  /** Share of the time for which the busiest task's main thread waited for a CPU. */
  cpuWait: z.number().nullable(),
  /** The worst consumer task by each metric; null: there are no consumers. Absent in older runs. */
  consumers: z
    .strictObject({
      /** Share of the time for which its main thread waited for a CPU. */
      cpuWait: z.number(),
      /** Median over the seconds of its event loop delay p99. */
      eventLoopDelayMs: ms,
    })
    .nullable()
    .optional(),
  /** Memory of all agents, MiB. */
  memoryMiB: z.number().nullable(),
});
/** Metrics of the load generator in the measured time of a step. */
export type GeneratorMetrics = z.output<typeof generatorSchema>;

/** The clocks of two tasks, compared by the timestamps that they exchange during the step (bench/exchange/envelope.ts). */
const pairClockSchema = z.strictObject({
  /** Names of tasks, or `runner`. */
  from: z.string(),
  to: z.string(),
  /** How far the clock of `to` is ahead of that of `from` in the middle of the measured time; null: no packet was answered. */
  offsetMs: ms.nullable(),
  /** Error bound (±) of the offset and its drift, throughout the measured time, however the clocks were steered. */
  boundMs: ms.nullable(),
  /** How fast it gets further ahead, in µs per second. */
  driftPpm: z.number().nullable(),
  /** Whether the offset can have changed at a constant rate. false: a clock was stepped or slewed, which widens the bound. */
  straight: z.boolean().nullable(),
  /** The shortest round trip. */
  minRttMs: ms.nullable(),
  sent: count,
  answered: count,
});

const stepClocksSchema = z.strictObject({
  /** Largest error of a measured latency that clocks can cause: the largest offset of a producer and a consumer plus its bound. */
  errorMs: ms.nullable(),
  /** The error that remains in the corrected latencies. null: clocks could not be compared, and nothing is corrected. */
  boundMs: ms.nullable(),
  pairs: z.array(pairClockSchema),
});

/**
 * Messages that were timed twice: by the clocks of the sending and the receiving node, and by the monotonic clock of the
 * sending node alone.
 */
const sameNodeSchema = z.strictObject({
  /** Share of all messages, from 0 to 1. */
  share: z.number(),
  ownMs: distributionSchema,
  oneWayMs: distributionSchema,
  /** Difference of the medians: `oneWayMs` minus `ownMs`. */
  differenceMs: ms,
  /** Largest difference that needs no clock error: the clocks' bound, the medians' error, and different receive times of two processes. */
  boundMs: ms,
  agrees: z.boolean(),
});

/** The fields of every step: its load and its verdict. */
export const anyStepSchema = z.strictObject({
  /** Number of the step, from 1, in the order of the run. */
  step: z.int().min(1),
  phase: z.enum(["preheat", "sweep", "search", "confirm", "soak"]),
  /** The options that this step varies, with their values. */
  values: z.partialRecord(z.enum(STEP_VARIABLES), z.union([z.number(), z.string()])),
  startedAt: instant,
  producers: count,
  consumers: count,
  groups: count,
  /** Number of topics; each has its own groups. Absent in older runs, which had one. */
  topics: count.optional(),
  brokers: count,
  acks: z.union([z.literal(0), z.literal(1), z.literal("all")]),
  client: z.string(),
  messageBytes: z.number(),
  ratePerProducer: z.number(),
  verdict: z.enum(STEP_VERDICTS),
  /** Reasons for the verdict, as sentences. */
  reasons: z.array(z.string()),
  /** The verdict for each limit of `search.otherP99Ms`. Absent: the search has one SLO, or the step failed. */
  otherSlos: z
    .array(z.strictObject({ p99Ms: ms, verdict: z.enum(STEP_VERDICTS), reasons: z.array(z.string()) }))
    .optional(),
  /** The p99 of the SLO whose knee this step of a search looks for. Absent: the search has one SLO. */
  searchedP99Ms: ms.optional(),
  /**
   * The faults of the step, in the order of `number`. Those who execute them report them as events, so that the runner's own
   * event of a step lacks them; results/build.ts adds them. Absent: none.
   */
  faults: z.array(faultRecordSchema).optional(),
  /** Absent or null: not measured. */
  network: stepNetworkSchema.nullable().optional(),
});

const measuredStepSchema = anyStepSchema.extend({
  state: z.literal("measured"),
  /** Number of nodes that producers and consumers ran on. */
  nodes: count,
  partitions: count,
  replicationFactor: count,
  /** Length of the measured time. */
  durationSeconds: z.number(),
  warmUpSeconds: z.number(),
  /** Whether the load was steady in the measured time, and why not. In older runs: by the end of the warm-up. */
  steady: z.boolean(),
  steadyReason: z.string(),
  /** Messages whose intended time is in the measured time. The following counts are of these messages. */
  offered: count,
  sent: count,
  acked: count,
  /** Messages delivered at least once to a group; the smallest number of all groups. */
  delivered: count,
  /**
   * Messages that arrived within the measured time, whenever they were due; the mean of the groups. Divided by the
   * length of the measured time, this is the throughput. Absent in older runs.
   */
  received: count.optional(),
  /** Acknowledged (with acks 0: sent) and not delivered to every group, although every group has read the log to its end. */
  lost: count,
  /** The same, but may be in a part of the log that a group had not read by the end of the drain. Absent in older runs. */
  pending: count.optional(),
  /** Deliveries of messages that the topic has more than once. */
  duplicated: count,
  /** Repeated deliveries because consumers read an offset again, as after a rebalance. Absent in older runs. */
  reread: count.optional(),
  /** Messages that consumers skipped because a calibration asked them to. Such a step is not a measurement. */
  skippedOnPurpose: count.optional(),
  /** Delivered after a later message of the same producer and partition. */
  reordered: count,
  /** Sent later than their intended time by more than a tenth of the SLO. */
  late: count,
  /** Not sent by the end of the drain. */
  unsent: count,
  /** Failed sends, by kind of error. */
  errors: z.record(z.string(), count),
  /** Bytes of the values delivered in the measured time. */
  bytes: count,
  /** What the whole log of the step's topics has of its messages. Absent: not checked (`benchmark.logCheck`). */
  logCheck: logCheckSchema.optional(),
  /** When each partition acknowledged nothing. Absent: the step was to have no faults. */
  ackGaps: z.array(partitionGapsSchema).optional(),
  /**
   * Unclean leader elections in the measured time: a replica that lacked acknowledged messages became a leader. At least this many,
   * if a controller restarted. null: not known. Absent in older runs.
   */
  uncleanElections: count.nullable().optional(),
  /** What each fault that began did to the service; results/build.ts adds it. Absent: there was none. */
  recovery: z.array(faultRecoverySchema).optional(),
  /** Messages sent and not delivered at the end of the measured time. */
  backlogAtEnd: z.int(),
  /** How long their delivery took; null: longer than the drain. */
  drainSeconds: z.number().nullable(),
  latencyMs: distributionSchema,
  /** The latency corrected by offsets that are more than twice their bound, within `clocks.boundMs`; null: unknown. */
  correctedLatencyMs: distributionSchema.nullable(),
  clocks: stepClocksSchema,
  /** null: too few messages or partitions. */
  sameNode: sameNodeSchema.nullable(),
  ackMs: distributionSchema,
  sendToReceiveMs: distributionSchema,
  /** Latency of repeated deliveries, which no other latency includes. Absent in older runs. */
  repeatsMs: distributionSchema.optional(),
  /** The producer with the largest p99 latency of its own messages. */
  slowestProducer: z.strictObject({ producer: count, p99: ms }).nullable(),
  generator: generatorSchema,
  /** CPUs used by all brokers; null: unknown. */
  brokersCpu: z.number().nullable(),
  /** JIT compiler threads at work in the broker with the most, on average; null: not known. Absent in older runs. */
  brokersJitThreads: z.number().nullable().optional(),
  /** Busy CPUs of the busiest machine, and how many it has. */
  busiestMachine: z.strictObject({ cpusBusy: z.number(), cpus: z.number() }).nullable(),
  /** What each broker and each machine did in the measured time. Absent in older runs. */
  resources: z
    .strictObject({ brokers: z.array(brokerMetricsSchema), machines: z.array(machineMetricsSchema) })
    .optional(),
  /** The resources that were saturated, the most direct explanation first. Absent in older runs. */
  saturated: z.array(saturatedSchema).optional(),
  /** What runner and probes used. Absent in older runs. */
  ownCost: ownCostSchema.optional(),
  /** The latency in µs as HdrHistogram V2, compressed, base64. If there are samples below zero, their magnitudes follow after a "|". */
  histogram: z.string(),
  histograms: z.strictObject({ ack: z.string(), sendToReceive: z.string() }),
  /** Warm-up, measured time and drain. */
  seconds: z.array(secondSchema),
  /** Time until all clients were connected and ready. */
  connectSeconds: z.number(),
});
/** A step that ran to its end and in which messages were due. It has results, regardless of its verdict. */
export type MeasuredStep = z.output<typeof measuredStepSchema>;

const failedStepSchema = anyStepSchema.extend({
  state: z.literal("failed"),
  verdict: z.literal("failed"),
});
/** A step that could not be run to its end, or in which no message was due. It has no results. */
export type FailedStep = z.output<typeof failedStepSchema>;

/** A step in run.json. */
export const stepSchema = z.discriminatedUnion("state", [measuredStepSchema, failedStepSchema]);
/** The results of a step. */
export type Step = z.output<typeof stepSchema>;

/** The steps of a run that have results. */
export function measuredSteps({ steps }: { steps: readonly Step[] }): MeasuredStep[] {
  return steps.filter(isMeasured);
}

/** Whether a step has results. */
export function isMeasured(step: Step): step is MeasuredStep {
  return step.state === "measured";
}
