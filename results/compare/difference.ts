// What differs between two runs: their latencies, their knees, their networks.
import type { Knee, MeasuredStep, Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { medianOver, usedNetwork } from "../network.ts";
import { stepsByValue } from "../steps.ts";
import { bitRate } from "../text.ts";
import {
  ERROR_RATE,
  LEAST_STEPS,
  type Outcome,
  POWER,
  type Sample,
  testDifferences,
} from "./significance.ts";

/** The result of comparing one value, as text. */
export interface Difference {
  text: string;
  /** Whether the value was found to differ. false: the test cannot tell. */
  differs: boolean;
  /** Whether it differs, and the second run is worse: its latency is higher, or its knee lower. */
  worse: boolean;
  /** Whether there was enough evidence for a test. */
  tested: boolean;
}

/** The percentiles that are compared. */
export type Percentile = "p50" | "p99";
const PERCENTILES: readonly Percentile[] = ["p50", "p99"];

/** The difference of a percentile at a value that both runs have. */
export interface LatencyDifference extends Difference {
  /** "producers 100" */
  value: string;
  percentile: Percentile;
}

/** Everything that is compared under one error rate. */
export interface Differences {
  latencies: LatencyDifference[];
  /** undefined: one run has none, or the runs searched different options. */
  knee: Difference | undefined;
}

/** Probability that two 90 % intervals do not overlap although the knees are the same: 2 Φ(-1.645 √2). */
const INTERVALS_ERROR_RATE = 0.02;

/** The unit of the knee test is a search: several knees of one side come from replicates. */
export type Knees = readonly [readonly Knee[], readonly Knee[]];

/**
 * Compares p50 and p99 latency at every value that both runs have, and the knees. The unit is the step, or the search; steps
 * that say nothing about the broker are left out.
 *
 * @param knees the knees of each run's searches
 */
export function differencesOf(a: Run, b: Run, knees: Knees): Differences {
  const latencies = latencySamples(a, b);
  const kneeSample = kneeSampleOf(knees);
  const intervals = kneeSample ? undefined : intervalDifference(knees);
  const samples = [...latencies, ...(kneeSample ? [kneeSample] : [])];
  const rate = intervals ? ERROR_RATE - INTERVALS_ERROR_RATE : ERROR_RATE;
  const outcomes = testDifferences(samples, rate);
  const kneeOutcome = kneeSample ? outcomes.at(-1) : undefined;
  return {
    latencies: latencies.map(({ value, percentile }, index) => {
      const outcome = outcomes[index] as Outcome;
      const { differs, means, p } = outcome;
      const text = outcomeText(outcome, "steps", " ms");
      return { value, percentile, differs, worse: differs && means[1] > means[0], tested: p !== null, text };
    }),
    knee: kneeOutcome ? kneeDifference(kneeOutcome) : intervals,
  };
}

function kneeDifference(outcome: Outcome): Difference {
  const { differs, means, p } = outcome;
  const text = outcomeText(outcome, "searches");
  return { differs, worse: differs && means[1] < means[0], tested: p !== null, text };
}

/** A percentile of a step's latency, ms: corrected for the clocks if it could be. null: there is none */
export function stepLatency(step: MeasuredStep, percentile: Percentile): number | null {
  return (isCorrected(step) ? step.correctedLatencyMs : step.latencyMs)?.[percentile] ?? null;
}

/** Whether the latencies of a step could be corrected for the clocks. */
export function isCorrected({ correctedLatencyMs, clocks }: MeasuredStep): boolean {
  return correctedLatencyMs !== null && clocks.boundMs !== null;
}

function latencySamples(a: Run, b: Run): (Sample & { value: string; percentile: Percentile })[] {
  const [stepsA, stepsB] = [stepsByValue(a.steps), stepsByValue(b.steps)];
  return [...stepsA].flatMap(([value, steps]) =>
    PERCENTILES.flatMap((percentile) => {
      const latencies = (side: readonly MeasuredStep[]) =>
        side.map((step) => stepLatency(step, percentile)).filter((ms) => ms !== null);
      const [x, y] = [latencies(steps), latencies(stepsB.get(value) ?? [])];
      if (x.length === 0 || y.length === 0) return [];
      return [{ name: `${value}: ${percentile}`, value, percentile, a: x, b: y }];
    }),
  );
}

/** undefined: there are fewer than five searches per side */
function kneeSampleOf([a, b]: Knees): Sample | undefined {
  const variable = a[0]?.variable;
  if (Math.min(a.length, b.length) < LEAST_STEPS) return undefined;
  if (variable === undefined || [...a, ...b].some((knee) => knee.variable !== variable)) return undefined;
  const values = (knees: readonly Knee[]) => knees.map(({ value }) => value);
  return { name: `knee in ${variable}`, a: values(a), b: values(b) };
}

function intervalDifference([[a], [b]]: Knees): Difference | undefined {
  if (!a || !b || a.variable !== b.variable) return undefined;
  const [[aLow, aHigh], [bLow, bHigh]] = [a.interval, b.interval];
  const worse = bHigh !== null && bHigh < aLow;
  const differs = worse || (aHigh !== null && aHigh < bLow);
  const why = differs ? "the intervals do not overlap" : "the intervals overlap";
  return {
    differs,
    worse,
    tested: true,
    text: `knee ${formatNumber(a.value)} and ${formatNumber(b.value)} ${a.variable}: ${why}`,
  };
}

/** "producers 100: p99 7.1 and 9.3 ms (+31 %, p = 0.004, 5 and 5 steps)" */
function outcomeText(
  { name, means, counts, p, differs, detectable }: Outcome,
  units: string,
  unit = "",
): string {
  const [before, after] = means;
  const numbers = `${counts.join(" and ")} ${units}`;
  const start = `${name} ${formatNumber(before)} and ${formatNumber(after)}${unit}`;
  if (p === null || detectable === null)
    return Math.min(...counts) < LEAST_STEPS
      ? `${start} (${numbers}; at least ${LEAST_STEPS} per side are needed)`
      : `${start} (${numbers}; some are not above zero)`;
  const change = `${after >= before ? "+" : ""}${Math.round((100 * (after - before)) / before)} %`;
  const chance = p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
  const tested = `${change}, ${chance}, ${numbers}`;
  return differs
    ? `${start} (${tested})`
    : `${start} (${tested}; a difference of ${formatNumber(100 * detectable)} % would have been found with a probability of ${POWER})`;
}

/**
 * The networks that brokers and agents of two runs used, by their pairs' round trips before the load. Each was measured once, so the test
 * cannot tell whether they differ. undefined: one was not measured
 */
export function networkDifference(a: Run, b: Run): Difference | undefined {
  const roundTrips = [a, b].map((run) =>
    medianOver(run.network?.pairs ?? [], usedNetwork(run), ({ rttMs }) => rttMs.p50),
  );
  if (roundTrips.includes(null)) return undefined;
  const rates = [a, b].map((run) =>
    bitRate(
      medianOver(
        run.network?.pairs ?? [],
        usedNetwork(run),
        ({ throughputBitPerSec }) => throughputBitPerSec,
      ),
    ),
  );
  const names = [...new Set([a, b].map(usedNetwork))];
  return {
    differs: false,
    worse: false,
    tested: false,
    text: `network, measured once in each run: ${names.join(" and ")} round trip ${roundTrips.map(formatNumber).join(" and ")} ms, throughput ${rates.join(" and ")}`,
  };
}
