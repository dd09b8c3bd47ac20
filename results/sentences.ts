// A run's result in one sentence each.
import type { Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { meetsSlo } from "../contract/verdicts.ts";

export function sloSentence({ slo }: Pick<Run, "slo">): string {
  return `p99 latency at most ${slo.p99Ms} ms, ${Number((100 * slo.delivered).toFixed(4))} % delivered, ${slo.lost === 0 ? "nothing" : `at most ${slo.lost}`} lost`;
}

/** The knee with its interval, or why none is known. */
export function kneeSentence({ knee, searchReason, verdict, steps, conditions }: Run): string {
  if (knee) {
    const [low, high] = knee.interval;
    const range =
      high === null
        ? "no upper end was found"
        : `${Math.round(100 * knee.confidence)} % interval ${formatNumber(low)} to ${formatNumber(high)}`;
    return `knee: ${formatNumber(knee.value)} ${knee.variable} (${range}); ${knee.reason}`;
  }
  if (searchReason) return `no knee: ${searchReason}`;
  if (conditions.benchmark.search) return `no knee: the run is not finished (${verdict})`;
  const good = steps.filter(meetsSlo).length;
  return `${good} of ${steps.length} steps met the SLO; no knee was searched`;
}
