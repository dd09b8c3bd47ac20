// The log check of a step (`benchmark.logCheck`), which is part of the results of the step (step.ts).
import { z } from "zod";

const count = z.int().min(0);

/** Deviations of the log from what producers recorded, as numbers of messages. */
const deviations = {
  /** Acknowledged (with acks 0: sent), but not in the log: lost. */
  missing: count,
  /** In the log although not acknowledged, as after an answer that was lost. */
  unacked: count,
  /** Copies of messages in the log beyond the first one of each. */
  duplicated: count,
  /** Behind a later message of the same producer in the same partition; copies do not count. */
  reordered: count,
};

const producerSchema = z.strictObject({
  producer: count,
  ...deviations,
  /** The first ranges of missing sequences, both ends included; at most 20. */
  missingSequences: z.array(z.tuple([count, count])),
});

const secondSchema = z.strictObject({
  /** Whole seconds since 1970, by the clock of the runner. */
  at: z.int(),
  ...deviations,
});
/** Deviations of the messages that were due in one second. */
export type DeviatingSecond = z.output<typeof secondSchema>;

const partitionSchema = z.strictObject({
  topic: z.string(),
  partition: count,
  duplicated: deviations.duplicated,
  reordered: deviations.reordered,
  /** With the mark of this step, but sent by none of its producers. */
  unrecorded: count,
  /** Of other steps, runs or programs. */
  foreign: count,
  /** Offsets since the start of the step that were deleted before the check, by retention or by a request. */
  deleted: count,
});

/** Result of comparing the whole log of a step's topics with what its producers recorded: warm-up, measured time and drain. */
export const logCheckSchema = z.strictObject({
  /** Messages handed to the clients. Each is acknowledged, failed or unanswered. */
  sent: count,
  /** With acks 0: written to the connection. */
  acked: count,
  /** The last answer of a broker was an error. An earlier attempt may have succeeded. */
  failed: count,
  /** No answer: it timed out, the connection was lost, or it was still under way at the end of the step. */
  unanswered: count,
  /** Different messages of the producers in the log. */
  present: count,
  ...deviations,
  unrecorded: partitionSchema.shape.unrecorded,
  foreign: partitionSchema.shape.foreign,
  deleted: partitionSchema.shape.deleted,
  /** Producers with deviations, at most 1,000: those with the most missing messages first. All others have none. */
  producers: z.array(producerSchema),
  /** Number of producers with deviations that are not listed. */
  producersLeftOut: count,
  /** Partitions with deviations, at most 1,000. All others have none. */
  partitions: z.array(partitionSchema),
  /** Number of partitions with deviations that are not listed. */
  partitionsLeftOut: count,
  /**
   * The deviations by the second in which the messages were due, in ascending order; at most 1,000 seconds: those with the most
   * deviations. All others have none. Absent in older runs.
   */
  bySecond: z.array(secondSchema).optional(),
  /** Number of seconds with deviations that are not listed. Absent in older runs. */
  bySecondLeftOut: count.optional(),
  /** How long the check took. */
  seconds: z.number(),
});
/** The result of a log check: {@link logCheckSchema}. */
export type LogCheckResult = z.output<typeof logCheckSchema>;
