// What faults did to the service in a step, which is part of the results of the step (step.ts).
import { z } from "zod";

const count = z.int().min(0);
const seconds = z.number().min(0);
/** Whole ms since 1970. */
const instantMs = z.int();

/** When a partition acknowledged nothing (bench/measure/ackGaps.ts). */
export const partitionGapsSchema = z.strictObject({
  /** Numbered over all topics (topics.ts). */
  partition: count,
  /** Its latest acknowledgement. */
  latestMs: instantMs,
  /** Gaps of up to this length may be absent, ms. */
  droppedMs: count,
  /**
   * `[from, to, acked]`: it acknowledged nothing between `from` and `to`, and at `acked` the first message that was due after
   * `from`.
   */
  gaps: z.array(z.tuple([instantMs, instantMs, instantMs])),
});
/** When a partition acknowledged nothing: {@link partitionGapsSchema}. */
export type PartitionGaps = z.output<typeof partitionGapsSchema>;

/** From the start of a fault to the first acknowledgement of a message that was due after it. */
const unavailableSchema = z.strictObject({
  /** Number of partitions that acknowledged messages in the step. */
  partitions: count,
  /** How many of them acknowledged nothing after the fault. */
  notAgain: count,
  /** Of the partition that took longest; null: `notAgain` is not 0. */
  longestSec: seconds.nullable(),
  /** The median of the partitions; null: half of them or more did not acknowledge a message again. */
  medianSec: seconds.nullable(),
  /** How much the times may be wrong (±): the longest gap without a fault, and the clocks. */
  uncertainSec: seconds,
});

/** What one fault did to the service. Times in s; null: not as long as the step was observed. */
export const faultRecoverySchema = z.strictObject({
  /** The `number` of the fault in the list `faults` of the step. */
  fault: count,
  /** From the end of the fault to the next fault, or to the end of the load. */
  observedSec: seconds,
  /** null: not known, as with acks 0. */
  unavailable: unavailableSchema.nullable(),
  /** From then on, the latency was good again in three seconds in a row. */
  latency: z.strictObject({
    /** Largest p99 of a good second, ms. */
    limitMs: z.number(),
    /** `slo`: that of the SLO; `before`: twice the p99 before the fault, which was above that of the SLO. */
    limitOf: z.enum(["slo", "before"]),
    sinceStartSec: seconds.nullable(),
    sinceEndSec: seconds.nullable(),
    /** How much the times may be wrong (±), mostly by the length of a second. */
    uncertainSec: seconds,
    /** The largest latency of the messages that arrived from the start of the fault until then; null: none arrived. */
    maxMs: z.number().nullable(),
  }),
  /** Messages that were due and not delivered, at the ends of seconds. */
  backlog: z.strictObject({
    /** The median of up to five seconds before the fault. */
    before: count,
    peak: count,
    /** From the end of the fault until it was no more than `before`, up to a hundredth of a second's messages. */
    sinceEndSec: seconds.nullable(),
  }),
});
/** What one fault did to the service: {@link faultRecoverySchema}. */
export type FaultRecovery = z.output<typeof faultRecoverySchema>;
