import type { MeasuredStep, Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { medianOver } from "../network.ts";
import { compareRanks } from "../statistics.ts";
import { measuredSeconds, stepsByValue } from "../steps.ts";
import { bitRate } from "../text.ts";

/** One difference between two runs. */
export interface Difference {
  text: string;
  /** Whether the difference is larger than noise. */
  real: boolean;
}

/** Compares the knees of two runs: real when their intervals do not overlap. undefined: a run has none, or another variable */
export function kneeDifference(a: Run, b: Run): Difference | undefined {
  if (!a.knee || !b.knee || a.knee.variable !== b.knee.variable) return undefined;
  const [[aLow, aHigh], [bLow, bHigh]] = [a.knee.interval, b.knee.interval];
  const real = (aHigh !== null && aHigh < bLow) || (bHigh !== null && bHigh < aLow);
  const text = `knee ${formatNumber(a.knee.value)} and ${formatNumber(b.knee.value)} ${a.knee.variable}: the intervals ${real ? "do not overlap" : "overlap"}`;
  return { text, real };
}

/**
 * Compares the p99 latency at values that both runs have, over the measured seconds of all trials. Steps that say nothing about
 * the broker are left out.
 */
export function latencyDifferences(a: Run, b: Run): Difference[] {
  const [stepsA, stepsB] = [stepsByValue(a.steps), stepsByValue(b.steps)];
  return [...stepsA].flatMap(([value, steps]) => {
    const [x, y] = [p99Seconds(steps), p99Seconds(stepsB.get(value) ?? [])];
    if (x.length === 0 || y.length === 0) return [];
    const { medians, p, real } = compareRanks(x, y);
    const [before, after] = medians;
    const sign = after >= before ? "+" : "";
    const text = `${value}: median p99 of a second ${formatNumber(before)} ms and ${formatNumber(after)} ms (${sign}${Math.round((100 * (after - before)) / before)} %, p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`})`;
    return [{ text, real }];
  });
}

const p99Seconds = (steps: readonly MeasuredStep[]) => steps.flatMap((step) => measuredSeconds(step, "p99"));

/** Compares the overlay networks of two runs by the round trips before the load. undefined: one was not measured */
export function networkDifference(a: Run, b: Run): Difference | undefined {
  const [x, y] = [overlayRoundTrips(a), overlayRoundTrips(b)];
  if (x.length === 0 || y.length === 0) return undefined;
  const { medians, real } = compareRanks(x, y);
  const rates = [a, b].map(({ network }) =>
    bitRate(medianOver(network?.pairs ?? [], "overlay", ({ throughputBitPerSec }) => throughputBitPerSec)),
  );
  return {
    real,
    text: `network: overlay round trip ${medians.map((ms) => `${formatNumber(ms)} ms`).join(" and ")}, throughput ${rates.join(" and ")}`,
  };
}

function overlayRoundTrips({ network }: Run): number[] {
  return (network?.pairs ?? [])
    .filter((pair) => pair.network === "overlay")
    .map(({ rttMs }) => rttMs.p50)
    .filter((value) => value !== null);
}
