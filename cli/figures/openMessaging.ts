// What OpenMessaging Benchmark would have kept and reported of measured latencies.
import type { LatencyHistogram } from "../../contract/histogram.ts";

/** The latencies that are kept. */
export interface Kept {
  /** Share of the samples that is kept. */
  share: number;
  /** Percentiles of the samples that are kept, in whole ms; null: none is. */
  p50: number | null;
  p99: number | null;
}

/**
 * Applies the rule of OpenMessaging Benchmark to latencies from send to receipt. It subtracts two times of day in whole
 * milliseconds, and drops samples of 0 (`LocalWorker.messageReceived` and `WorkerStats.recordMessageReceived`: `if
 * (endToEndLatencyMicros > 0)`).
 *
 * A latency of 3.4 ms is then one of 4 ms if the millisecond changes in its last 0.4 ms, and one of 3 ms otherwise: the
 * expected numbers of both are counted, since a message is sent at any time within a millisecond.
 */
export function keptByOpenMessaging(latency: LatencyHistogram): Kept {
  const counts = new Map<number, number>();
  let all = 0;
  for (const [us, times] of latency.samples()) {
    const whole = Math.floor(us / 1_000);
    const above = us / 1_000 - whole;
    all += times;
    add(counts, whole, times * (1 - above));
    add(counts, whole + 1, times * above);
  }
  const kept = [...counts].filter(([ms, count]) => ms > 0 && count > 0).sort(([a], [b]) => a - b);
  const total = kept.reduce((sum, [, count]) => sum + count, 0);
  return {
    share: all === 0 ? 0 : total / all,
    p50: percentile(kept, total / 2),
    p99: percentile(kept, 0.99 * total),
  };
}

function add(counts: Map<number, number>, ms: number, count: number): void {
  counts.set(ms, (counts.get(ms) ?? 0) + count);
}

function percentile(sorted: readonly [number, number][], rank: number): number | null {
  let below = 0;
  for (const [ms, count] of sorted) {
    below += count;
    if (below >= rank) return ms;
  }
  return sorted.at(-1)?.[0] ?? null;
}
