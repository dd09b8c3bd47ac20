// By how much the clocks of agents can make a measured latency wrong.
import { type MeasuredStep, measuredSteps, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";

/** Clocks on one LAN usually agree to this: a smaller offset gets no warning. */
const NOTABLE_MS = 0.1;

type Pair = MeasuredStep["clocks"]["pairs"][number];
type Offset = Pair & { offsetMs: number; boundMs: number };

const isKnown = (pair: Pair): pair is Offset => pair.offsetMs !== null && pair.boundMs !== null;

/** How far apart the clocks of a pair were, at the worse end of the measured time, ms. */
function apart({ offsetMs, driftPpm }: Offset, { durationSeconds }: MeasuredStep): number {
  return Math.abs(offsetMs) + (Math.abs(driftPpm ?? 0) * durationSeconds) / 2_000;
}

function agentPairs({ clocks }: MeasuredStep): Offset[] {
  return clocks.pairs.filter(({ from }) => from !== "runner").filter(isKnown);
}

/** The producer and consumer whose clocks are furthest apart; undefined when none were compared. */
export function widest(step: MeasuredStep): Offset | undefined {
  return agentPairs(step).reduce<Offset | undefined>(
    (most, pair) => (!most || apart(pair, step) > apart(most, step) ? pair : most),
    undefined,
  );
}

/**
 * Whether clocks differ by more than twice the error of comparing them, so that corrected latencies are better than measured
 * ones.
 */
export function needsCorrection(step: MeasuredStep): boolean {
  return agentPairs(step).some((pair) => {
    const offsetMs = apart(pair, step);
    return offsetMs > 2 * pair.boundMs && offsetMs - pair.boundMs > NOTABLE_MS;
  });
}

/** A latency, with a "*" when it is no larger than the clock error. */
export function marked(latencyMs: number | null, errorMs: number | null): string {
  const text = formatNumber(latencyMs);
  return latencyMs !== null && errorMs !== null && Math.abs(latencyMs) <= errorMs ? `${text}*` : text;
}

/** What the "*" means; undefined when clocks were not compared. */
export function clockSentence(run: Pick<Run, "steps">): string | undefined {
  const errors = measuredSteps(run)
    .map(({ clocks }) => clocks.errorMs)
    .filter((error) => error !== null);
  if (errors.length === 0) return undefined;
  return `clocks: a latency across two nodes is wrong by ${formatNumber(Math.max(...errors))} ms at most (*: not above that)`;
}

/** One warning for each way in which clocks make latencies wrong, with the steps that it is about. */
export function clockWarnings(steps: readonly MeasuredStep[], sloMs: number): string[] {
  const wrong = steps.filter(needsCorrection);
  const disagreeing = steps.filter(({ sameNode }) => sameNode && !sameNode.agrees);
  const unknown = steps.filter(({ latencyMs, clocks }) => latencyMs.count > 0 && clocks.errorMs === null);
  const changed = wrong.filter((step) => verdictChanges(step, sloMs));
  const adjusted = steps.filter(({ clocks }) => clocks.pairs.some(({ straight }) => straight === false));
  return [
    ...about(wrong, (step) => {
      const { from, to, offsetMs, boundMs } = widest(step) as Offset;
      return `the clock of ${to} is ${formatNumber(Math.abs(offsetMs))} ms ${offsetMs > 0 ? "ahead of" : "behind"} that of ${from} (± ${formatNumber(boundMs)} ms): measured latencies are wrong by as much; corrected p50 ${formatNumber(step.correctedLatencyMs?.p50)} ms, p99 ${formatNumber(step.correctedLatencyMs?.p99)} ms`;
    }),
    ...about(disagreeing, ({ sameNode }) => {
      const { oneWayMs, ownMs, differenceMs, boundMs } = sameNode as NonNullable<MeasuredStep["sameNode"]>;
      return `the same messages took ${formatNumber(oneWayMs.p50)} ms by two clocks and ${formatNumber(ownMs.p50)} ms by one (p50): they disagree by ${formatNumber(Math.abs(differenceMs))} ms, and ${formatNumber(boundMs)} ms would be explained`;
    }),
    ...about(changed, ({ correctedLatencyMs }) => {
      const p99 = correctedLatencyMs?.p99 ?? 0;
      return `with corrected latencies the p99 of ${formatNumber(p99)} ms ${p99 <= sloMs ? "meets" : "misses"} the SLO, unlike the measured one on which the verdict rests`;
    }),
    ...about(adjusted, () => "a clock was stepped or slewed while it was measured"),
    ...about(
      unknown,
      () => "the agents' clocks could not be compared (no answer over UDP): nothing is known of their error",
    ),
  ];
}

function verdictChanges({ latencyMs, correctedLatencyMs }: MeasuredStep, sloMs: number): boolean {
  if (latencyMs.p99 === null || !correctedLatencyMs || correctedLatencyMs.p99 === null) return false;
  return latencyMs.p99 <= sloMs !== correctedLatencyMs.p99 <= sloMs;
}

/** Names all steps, with the figures of the last one: it has the longest history of probes. */
function about(steps: readonly MeasuredStep[], say: (step: MeasuredStep) => string): string[] {
  const last = steps.at(-1);
  if (!last) return [];
  const numbers = steps.map(({ step }) => step).join(", ");
  return [`${steps.length === 1 ? "step" : "steps"} ${numbers}: ${say(last)}`];
}
