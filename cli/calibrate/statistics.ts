// Statistics of repeated measurements. Functions without side effects.

/** The spread of several values. */
export interface Spread {
  min: number;
  median: number;
  max: number;
  /** Coefficient of variation: sample standard deviation (n - 1) as a share of the mean. */
  variation: number;
}

/** The median; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The spread of values; NaN without values. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
  return {
    min: Math.min(...values),
    median: median(values),
    max: Math.max(...values),
    variation: deviation / mean,
  };
}

/** Lower and upper end; null: no upper end. */
export type Interval = readonly [number, number | null];

/** Whether a value lies in an interval. */
export function covers([from, to]: Interval, value: number): boolean {
  return from <= value && (to === null || value <= to);
}

/** Whether every point between two numbers lies in one of the intervals. */
export function unionCovers(intervals: readonly Interval[], from: number, to: number): boolean {
  let reached = from;
  for (const [low, high] of [...intervals].sort(([a], [b]) => a - b)) {
    if (low > reached) return false;
    reached = Math.max(reached, high ?? Number.POSITIVE_INFINITY);
    if (reached >= to) return true;
  }
  return reached >= to && intervals.some((interval) => covers(interval, from));
}
