import { z } from "zod";

const count = z.int().min(0);
const ms = z.number();

/**
 * The distribution of a latency in run.json, in ms. A percentile is null if nothing was counted. For the messages of a step, it
 * is also null if fewer than ten messages lie above it, or if it lies beyond the messages that arrived. This is output, so its
 * keys are `p99.9` and `p99.99`; names in code and in InfluxDB are `p999` and `p9999`.
 */
export const distributionSchema = z.strictObject({
  count,
  /** Offered messages without a sample. Percentiles rank them above all samples. Absent: only samples are ranked. */
  missing: count.optional(),
  /** Samples below zero, which only clocks that disagree can cause. All percentiles include them unchanged. */
  negative: count,
  mean: ms.nullable(),
  min: ms.nullable(),
  p50: ms.nullable(),
  p90: ms.nullable(),
  p99: ms.nullable(),
  "p99.9": ms.nullable(),
  "p99.99": ms.nullable(),
  max: ms.nullable(),
});
/** The distribution of a latency: {@link distributionSchema}. */
export type Distribution = z.output<typeof distributionSchema>;
