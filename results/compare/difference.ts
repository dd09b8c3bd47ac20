// What differs between two runs: their knees, their latencies, their networks.
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { medianOver } from "../network.ts";
import { compareRanks } from "../statistics.ts";
import { measuredSeconds, stepsByValue } from "../steps.ts";
import { bitRate } from "../text.ts";

export interface Difference {
  text: string;
  /** Whether it is more than noise. */
  real: boolean;
}

/** The knees of two runs; real when their intervals do not overlap. undefined: one has none, or of another variable */
export function kneeDifference(a: Run, b: Run): Difference | undefined {
  if (!a.knee || !b.knee || a.knee.variable !== b.knee.variable) return undefined;
  const [[aLow, aHigh], [bLow, bHigh]] = [a.knee.interval, b.knee.interval];
  const real = (aHigh !== null && aHigh < bLow) || (bHigh !== null && bHigh < aLow);
  const text = `knee ${formatNumber(a.knee.value)} against ${formatNumber(b.knee.value)} ${a.knee.variable}: ${real ? "their intervals have nothing in common" : "their intervals overlap"}`;
  return { text, real };
}

/**
 * The p99 latency at values that both runs have, compared over the measured seconds of all trials. Steps that tell nothing
 * about the broker are left out.
 */
export function latencyDifferences(a: Run, b: Run): Difference[] {
  const [stepsA, stepsB] = [stepsByValue(a.steps), stepsByValue(b.steps)];
  return [...stepsA].flatMap(([value, steps]) => {
    const [x, y] = [p99Seconds(steps), p99Seconds(stepsB.get(value) ?? [])];
    if (x.length === 0 || y.length === 0) return [];
    const { medians, p, real } = compareRanks(x, y);
    const [before, after] = medians;
    const sign = after >= before ? "+" : "";
    const text = `${value}: p99 of a second ${formatNumber(before)} against ${formatNumber(after)} ms (${sign}${Math.round((100 * (after - before)) / before)} %, p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`})`;
    return [{ text, real }];
  });
}

const p99Seconds = (steps: readonly MeasuredStep[]) => steps.flatMap((step) => measuredSeconds(step, "p99"));

/** The overlay networks of two runs, by their pairs' round trips before the load. undefined: one was not measured */
export function networkDifference(a: Run, b: Run): Difference | undefined {
  const [x, y] = [overlayRoundTrips(a), overlayRoundTrips(b)];
  if (x.length === 0 || y.length === 0) return undefined;
  const { medians, real } = compareRanks(x, y);
  const rates = [a, b].map(({ network }) =>
    bitRate(medianOver(network?.pairs ?? [], "overlay", ({ throughputBitPerSec }) => throughputBitPerSec)),
  );
  return {
    real,
    text: `network: overlay's round trip ${medians.map(formatNumber).join(" against ")} ms, throughput ${rates.join(" against ")}`,
  };
}

function overlayRoundTrips({ network }: Run): number[] {
  return (network?.pairs ?? [])
    .filter((pair) => pair.network === "overlay")
    .map(({ rttMs }) => rttMs.p50)
    .filter((value) => value !== null);
}
