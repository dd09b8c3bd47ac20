import { z } from "zod";

const count = z.int().min(0);
const ms = z.number();

/** A latency's distribution, ms. Absent figures: nothing was counted. */
export const distributionSchema = z.strictObject({
  count,
  /** Of them, those below zero, which only clocks that disagree can make. They are in all figures, as they are. */
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
export type Distribution = z.output<typeof distributionSchema>;
