// What runner and agents say to each other, over HTTP on the overlay network. The runner asks, an agent answers: all of
// it is in this file.
import { z } from "zod";
import { completeWorkloadSchema } from "../../contract/completeWorkload.ts";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { findingsSchema } from "../exchange/findings.ts";

/** Part of every path; counted up with any change that an older agent would not understand. */
export const PROTOCOL_VERSION = 2;

/**
 * An agent that has not been asked anything for so long stops what it does: its runner is gone. Long enough for a runner
 * whose event loop waits for a CPU.
 */
export const ORPHANED_AFTER_MS = 30_000;

const count = z.int().min(0);
/** µs since 1970. */
const instantUs = z.number();
/** LatencyHistogram.encode (contract/histogram.ts), µs. */
const histogram = z.string();

export const PATHS = {
  /** GET: who it is and what it does. */
  hello: `/v${PROTOCOL_VERSION}/hello`,
  /** POST: connect everything for a step; answers when all are ready. Ends an earlier step of the same run. */
  prepare: `/v${PROTOCOL_VERSION}/prepare`,
  /** POST: producers send from this time on. */
  start: `/v${PROTOCOL_VERSION}/start`,
  /** POST: what is measured. Producers schedule nothing at or after its end. */
  window: `/v${PROTOCOL_VERSION}/window`,
  /** GET ?after=N: the seconds after the N-th, and how far it is. */
  report: `/v${PROTOCOL_VERSION}/report`,
  /** POST: producers schedule nothing more, at once; consumers go on. */
  stop: `/v${PROTOCOL_VERSION}/stop`,
  /** POST: the step's totals; producers first wait, for `timeoutMs` at most, for what is under way. Then it closes everything. */
  collect: `/v${PROTOCOL_VERSION}/collect`,
} as const;

export const helloSchema = z.object({
  protocol: z.number(),
  role: z.enum(["producer", "consumer"]),
  /** Name of the task: producers.1 */
  task: z.string(),
  node: z.string(),
  /** The run that it works for; null: free. */
  run: z.string().nullable(),
  machine: z.object({
    cpus: z.number(),
    memoryMiB: z.number(),
    cpuModel: z.string(),
    kernel: z.string(),
    /** The kernel's boot id: two nodes of one machine have the same. */
    bootId: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  /** UDP port on which its clock can be asked (bench/exchange). */
  exchangePort: z.int(),
  /** What is wrong with it on purpose, in a test; whoever uses it says so. */
  faults: z.array(z.string()),
});
export type Hello = z.output<typeof helloSchema>;

const stepId = {
  run: z.string(),
  /** Of the step within the run; goes into every message. */
  step: z.int().min(0).max(65_535),
};

export const prepareSchema = z.strictObject({
  ...stepId,
  kafka: kafkaTargetSchema,
  topic: z.string(),
  workload: completeWorkloadSchema,
  pacing: z.enum(["precise", "timer"]),
  seed: z.int(),
  /** A message that leaves later than this after its intended time is late. */
  lateAfterUs: z.number(),
  /** Which of all logical producers, or consumers of a group, this task has: `first`, `first + 1`, …. */
  share: z.strictObject({ first: count, count }),
  /** For consumers: where each partition begins. */
  startOffsets: z.record(z.string(), z.string()),
  /** Whose clocks it compares with its own until the step is collected. */
  peers: z.array(z.strictObject({ name: z.string(), host: z.string(), port: z.int() })),
  /** The first logical producer of each producer task, in ascending order: consumers tell the tasks apart by it. */
  sources: z.array(count),
  /**
   * Of each source, the partition that its own task consumes too, to time its messages by one clock alone; null: none.
   * Producers take the entry of their own share.
   */
  sameNode: z.array(count.nullable()).nullable(),
});
export type Prepare = z.output<typeof prepareSchema>;

export const preparedSchema = z.object({
  connectSeconds: z.number(),
  /** Consumers: partitions that its members have, by group. */
  assigned: z.record(z.string(), z.array(z.int())),
});
export type Prepared = z.output<typeof preparedSchema>;

export const startSchema = z.strictObject({ ...stepId, atUs: instantUs });
export const windowSchema = z.strictObject({ ...stepId, fromUs: instantUs, toUs: instantUs });
export const stopSchema = z.strictObject({ ...stepId });
export const collectSchema = z.strictObject({ ...stepId, timeoutMs: z.number().min(0) });

/** What an agent knows of itself; each second anew. */
export const selfSchema = z.object({
  /** CPUs used by the process. */
  cpu: z.number(),
  /** Share of the time in which the main thread waited for a CPU (schedstat). */
  cpuWait: z.number(),
  eventLoopDelayMsP99: z.number(),
  memoryMiB: z.number(),
  /** CPUs that were busy on the whole machine, by /proc/stat. */
  machineCpusBusy: z.number(),
});
export type Self = z.output<typeof selfSchema>;

export const producerSecondSchema = z.object({
  /** Whole seconds since 1970. */
  at: z.int(),
  /** Due in this second. */
  offered: count,
  sent: count,
  acked: count,
  late: count,
  errors: z.record(z.string(), count),
  /** From send to acknowledgement. */
  ack: histogram,
  /** From the intended time to the send. */
  lag: histogram,
  self: selfSchema,
});
export type ProducerSecond = z.output<typeof producerSecondSchema>;

export const consumerSecondSchema = z.object({
  at: z.int(),
  /** Deliveries, of all groups. */
  delivered: count,
  bytes: count,
  latency: histogram,
  sendToReceive: histogram,
  errors: z.record(z.string(), count),
  self: selfSchema,
});
export type ConsumerSecond = z.output<typeof consumerSecondSchema>;

const reportBase = {
  /** How many seconds there are; the number to ask after next time. */
  next: count,
  /** Why the step cannot go on; null: all is well. */
  failed: z.string().nullable(),
};
export const producerReportSchema = z.object({
  ...reportBase,
  role: z.literal("producer"),
  seconds: z.array(producerSecondSchema),
  /** Of the whole step so far. `waiting`: due, not yet sent; `outstanding`: sent, not yet answered. */
  totals: z.object({
    offered: count,
    sent: count,
    acked: count,
    failed: count,
    waiting: count,
    outstanding: count,
  }),
  /** Every message that was due by the end has been sent, or given up, and answered. */
  idle: z.boolean(),
});
export const consumerReportSchema = z.object({
  ...reportBase,
  role: z.literal("consumer"),
  seconds: z.array(consumerSecondSchema),
  /** Of the whole step so far, each message once: by group. */
  delivered: z.record(z.string(), count),
});
export const reportSchema = z.discriminatedUnion("role", [producerReportSchema, consumerReportSchema]);
export type ProducerReport = z.output<typeof producerReportSchema>;
export type ConsumerReport = z.output<typeof consumerReportSchema>;

export const producerTotalsSchema = z.object({
  role: z.literal("producer"),
  /** In the order of the share; `acked` is a bitmap of sequences (bench/measure/bitmap.ts); the window is [from, to). */
  producers: z.array(
    z.object({
      producer: count,
      window: z.object({ from: count, to: count }),
      /** Of the window. */
      sent: count,
      late: count,
      unsent: count,
      acked: z.string(),
    }),
  ),
  /** Of the window. */
  errors: z.record(z.string(), count),
  ack: histogram,
  lag: histogram,
  /** Latency of its own messages of one partition, received by itself: on one monotonic clock. null: not asked for. */
  sameNode: histogram.nullable(),
  /** Of {@link prepareSchema}'s peers. */
  clocks: z.array(findingsSchema),
});
export type ProducerTotals = z.output<typeof producerTotalsSchema>;

export const consumerTotalsSchema = z.object({
  role: z.literal("consumer"),
  groups: z.record(
    z.string(),
    z.array(
      z.object({
        producer: count,
        /** Bitmap of the sequences that were delivered, of the whole step. */
        received: z.string(),
        /** Sequences that came more than once, one entry a repetition, of the whole step. */
        duplicated: z.array(count),
        /** Sequences that came after a later one of the same partition, of the whole step. */
        reordered: z.array(count),
        /** Latency of the window with 2 digits, for the slowest producer's p99. */
        latency: histogram,
      }),
    ),
  ),
  /**
   * Of the window, all groups: the latencies by source and by slice of intended time. A window has a slice for each of its
   * seconds, but {@link MAX_SLICES} at most.
   */
  latencies: z.array(z.object({ source: count, slice: count, latency: histogram })),
  sendToReceive: histogram,
  /** Of the first group, by source: the messages that the source's task consumes as well. */
  sameNode: z.array(z.object({ source: count, latency: histogram })),
  bytes: count,
  /** Of other runs or steps. */
  foreign: count,
  /** No message of ours: too short, wrong mark. */
  malformed: count,
  /** Of the window, left out on purpose; absent where it leaves out none. */
  skipped: count.optional(),
  errors: z.record(z.string(), count),
  clocks: z.array(findingsSchema),
});
export type ConsumerTotals = z.output<typeof consumerTotalsSchema>;
export const totalsSchema = z.discriminatedUnion("role", [producerTotalsSchema, consumerTotalsSchema]);
export type Totals = z.output<typeof totalsSchema>;

/** A slice is short enough that clocks hardly drift in it, and there are few enough to be sent. */
export const MAX_SLICES = 30;

/** How long a slice of a window is, µs. */
export function sliceUs({ fromUs, toUs }: { fromUs: number; toUs: number }): number {
  return Math.max(1e6, (toUs - fromUs) / MAX_SLICES);
}
