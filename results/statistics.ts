import { errorFunction, median, wilcoxonRankSum } from "simple-statistics";

/** Samples differ when p is below SIGNIFICANT and their medians differ by more than the share RELEVANT of the smaller one. */
const SIGNIFICANT = 0.01;
const RELEVANT = 0.1;

/** The median of the values that are not null; null: there are none. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length > 0 ? median(numbers) : null;
}

interface RankComparison {
  medians: [number, number];
  /** Two-sided p-value of the rank test. */
  p: number;
  /** The samples differ by more than noise (p) and by enough to matter (medians). */
  real: boolean;
}

/**
 * Compares two samples by a rank test and by their medians.
 *
 * @throws Error when a sample is empty
 */
export function compareRanks(x: readonly number[], y: readonly number[]): RankComparison {
  const [medianX, medianY] = [median([...x]), median([...y])];
  const p = mannWhitney(x, y);
  const isRelevant = Math.abs(medianX - medianY) > RELEVANT * Math.min(medianX, medianY);
  return { medians: [medianX, medianY], p, real: p < SIGNIFICANT && isRelevant };
}

/**
 * The two-sided p-value of the rank test of Mann and Whitney (Annals of Mathematical Statistics 18, 1947), by the normal
 * approximation, corrected for ties and for continuity.
 *
 * @throws Error when a sample is empty
 */
export function mannWhitney(x: readonly number[], y: readonly number[]): number {
  const [n, m] = [x.length, y.length];
  const u = wilcoxonRankSum([...x], [...y]) - (n * (n + 1)) / 2;
  const ties = tieSizes([...x, ...y]).reduce((sum, size) => sum + size ** 3 - size, 0);
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return 1 - errorFunction(z / Math.SQRT2);
}

/** How often each distinct value occurs. */
function tieSizes(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}
