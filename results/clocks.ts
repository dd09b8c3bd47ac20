// By how much the clocks of the agents can distort a measured latency.
import { type MeasuredStep, measuredSteps, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";

/** Clocks on one LAN usually agree this well, so a smaller offset causes no warning. */
const NOTABLE_MS = 0.1;

type Pair = MeasuredStep["clocks"]["pairs"][number];
type Offset = Pair & { offsetMs: number; boundMs: number };

const isMeasured = (pair: Pair): pair is Offset => pair.offsetMs !== null && pair.boundMs !== null;

/** The largest absolute offset of a pair's clocks during the measured time, ms. */
function largestOffset({ offsetMs, driftPpm }: Offset, { durationSeconds }: MeasuredStep): number {
  return Math.abs(offsetMs) + (Math.abs(driftPpm ?? 0) * durationSeconds) / 2_000;
}

function agentPairs({ clocks }: MeasuredStep): Offset[] {
  return clocks.pairs.filter(({ from }) => from !== "runner").filter(isMeasured);
}

/** The producer and consumer whose clocks are furthest apart; undefined if no clocks were compared. */
export function widestPair(step: MeasuredStep): Offset | undefined {
  return agentPairs(step).reduce<Offset | undefined>(
    (widest, pair) => (!widest || largestOffset(pair, step) > largestOffset(widest, step) ? pair : widest),
    undefined,
  );
}

/** Whether clocks differ by more than twice the error bound, so that corrected latencies are more accurate than measured ones. */
export function needsCorrection(step: MeasuredStep): boolean {
  return agentPairs(step).some((pair) => {
    const offsetMs = largestOffset(pair, step);
    return offsetMs > 2 * pair.boundMs && offsetMs - pair.boundMs > NOTABLE_MS;
  });
}

/** A latency in ms as text, with a "*" if it is not larger than the clock error. */
export function marked(latencyMs: number | null, errorMs: number | null): string {
  const text = formatNumber(latencyMs);
  return latencyMs !== null && errorMs !== null && Math.abs(latencyMs) <= errorMs ? `${text}*` : text;
}

/** The largest clock error, and what the "*" means; undefined if clocks were not compared. */
export function clockSentence(run: Pick<Run, "steps">): string | undefined {
  const errors = measuredSteps(run)
    .map(({ clocks }) => clocks.errorMs)
    .filter((error) => error !== null);
  if (errors.length === 0) return undefined;
  return `clock error: at most ${formatNumber(Math.max(...errors))} ms for a latency between two nodes (* marks latencies that are not larger than the error)`;
}

/** One warning for each kind of clock error, with the affected steps. @param sloMs the p99 latency of the SLO */
export function clockWarnings(steps: readonly MeasuredStep[], sloMs: number): string[] {
  const wrong = steps.filter(needsCorrection);
  const disagreeing = steps.filter(({ sameNode }) => sameNode && !sameNode.agrees);
  const unknown = steps.filter(({ latencyMs, clocks }) => latencyMs.count > 0 && clocks.errorMs === null);
  const changed = wrong.filter((step) => verdictChanges(step, sloMs));
  const adjusted = steps.filter(({ clocks }) => clocks.pairs.some(({ straight }) => straight === false));
  return [
    ...warnAbout(wrong, (step) => {
      const { from, to, offsetMs, boundMs } = widestPair(step) as Offset;
      return `the clock of ${to} is ${formatNumber(Math.abs(offsetMs))} ms ${offsetMs > 0 ? "ahead of" : "behind"} that of ${from} (± ${formatNumber(boundMs)} ms): measured latencies are wrong by this offset; corrected p50 ${formatNumber(step.correctedLatencyMs?.p50)} ms, p99 ${formatNumber(step.correctedLatencyMs?.p99)} ms`;
    }),
    ...warnAbout(disagreeing, ({ sameNode }) => {
      const { oneWayMs, ownMs, differenceMs, boundMs } = sameNode as NonNullable<MeasuredStep["sameNode"]>;
      return `the same messages took ${formatNumber(oneWayMs.p50)} ms (p50) measured with two clocks, but ${formatNumber(ownMs.p50)} ms with one clock. The known clock error explains at most ${formatNumber(boundMs)} ms of the difference of ${formatNumber(Math.abs(differenceMs))} ms`;
    }),
    ...warnAbout(changed, ({ correctedLatencyMs }) => {
      const p99 = correctedLatencyMs?.p99 ?? 0;
      return `the corrected p99 of ${formatNumber(p99)} ms ${p99 <= sloMs ? "meets" : "misses"} the SLO, but the verdict is based on the measured p99, which ${p99 <= sloMs ? "misses" : "meets"} it`;
    }),
    ...warnAbout(adjusted, () => "a clock was stepped or slewed during the measurement"),
    ...warnAbout(
      unknown,
      () =>
        "the clocks of the agents could not be compared (no answer over UDP), so the clock error is unknown",
    ),
  ];
}

function verdictChanges({ latencyMs, correctedLatencyMs }: MeasuredStep, sloMs: number): boolean {
  if (latencyMs.p99 === null || !correctedLatencyMs || correctedLatencyMs.p99 === null) return false;
  return latencyMs.p99 <= sloMs !== correctedLatencyMs.p99 <= sloMs;
}

/** A warning about several steps, with the measurements of the last one, which are based on the most probes. */
function warnAbout(steps: readonly MeasuredStep[], textOf: (step: MeasuredStep) => string): string[] {
  const last = steps.at(-1);
  if (!last) return [];
  const numbers = steps.map(({ step }) => step).join(", ");
  return [`${steps.length === 1 ? "step" : "steps"} ${numbers}: ${textOf(last)}`];
}
