// What differs between two runs: their conditions, their knees, their delays.
import { isMeasured, type MeasuredStep, measuredSteps, type Run, type Step } from "../../contract/result.ts";
import { figure, valuesText } from "../../contract/text.ts";
import { verdictOf } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";
import { flatten } from "../report/html.ts";
import { curvesOf, varied } from "../series.ts";

/** A difference of delays is called one below this probability, and above this share of the smaller. */
const SIGNIFICANT = 0.01;
const RELEVANT = 0.1;

export interface ConditionDifference {
  what: string;
  /** One for each run; "-" where a run has none. */
  values: string[];
}

/** Every condition in which runs differ, the settings of the stack and the load first. */
export function conditionDifferences(runs: readonly Run[]): ConditionDifference[] {
  const flat = runs.map(
    ({
      conditions: { settings, workload, benchmark, swarmbench, source, images, versions, nodes, agents },
    }) =>
      new Map(
        Object.entries({
          settings,
          workload,
          benchmark,
          nodes,
          agents,
          versions,
          images,
          source,
          swarmbench,
        }).flatMap(([name, value]) => flatten(name, value)),
      ),
  );
  const names = new Set(flat.flatMap((each) => [...each.keys()]));
  return [...names]
    .map((what) => ({ what, values: flat.map((each) => each.get(what) ?? "-") }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Why runs cannot be put side by side; empty where they can. */
export function obstacles(runs: readonly Run[]): string[] {
  const differ = (of: (run: Run) => unknown) => new Set(runs.map((run) => JSON.stringify(of(run)))).size > 1;
  const empty = runs.filter((run) => measuredSteps(run).every(({ delayMs }) => delayMs.count === 0));
  return [
    ...empty.map(({ run }) => `${run} has no step with a figure`),
    ...(differ(({ slo }) => slo) ? ["they were judged by different SLOs"] : []),
    ...(differ((run) => curvesOf(run).variable ?? null)
      ? [`they vary different things: ${runs.map((run) => curvesOf(run).variable ?? "nothing").join(", ")}`]
      : []),
  ];
}

export interface Difference {
  text: string;
  /** Whether it is more than noise. */
  real: boolean;
}

/** The knee of a run against another's: their intervals decide. */
export function kneeDifference(a: Run, b: Run): Difference | undefined {
  if (!a.knee || !b.knee || a.knee.variable !== b.knee.variable) return undefined;
  const [[aLow, aHigh], [bLow, bHigh]] = [a.knee.interval, b.knee.interval];
  const real = (aHigh !== null && aHigh < bLow) || (bHigh !== null && bHigh < aLow);
  const text = `knee ${figure(a.knee.value)} against ${figure(b.knee.value)} ${a.knee.variable}: ${real ? "their intervals have nothing in common" : "their intervals overlap"}`;
  return { text, real };
}

/**
 * The p99 delay at values that both runs have: of each measured second, of all trials of the value; steps that tell nothing
 * of the broker are left out.
 */
export function delayDifferences(a: Run, b: Run): Difference[] {
  const [ofA, ofB] = [stepsByValue(a), stepsByValue(b)];
  return [...ofA].flatMap(([value, steps]) => {
    const [x, y] = [secondsOf(steps), secondsOf(ofB.get(value) ?? [])];
    if (x.length === 0 || y.length === 0) return [];
    const {
      medians: [mx, my],
      p,
      real,
    } = compareRanks(x, y);
    const sign = my >= mx ? "+" : "";
    const text = `${value}: p99 of a second ${figure(mx)} against ${figure(my)} ms (${sign}${Math.round((100 * (my - mx)) / mx)} %, p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`})`;
    return [{ text, real }];
  });
}

const secondsOf = (steps: readonly MeasuredStep[]) => steps.flatMap((step) => measuredSeconds(step, "p99"));

/** A delay of each measured second of a step. */
export function measuredSeconds({ seconds }: MeasuredStep, percentile: "p50" | "p99"): number[] {
  return seconds
    .filter(({ measured }) => measured)
    .map(({ delayMs }) => delayMs[percentile])
    .filter((value) => value !== null);
}

/** All trials of each value; without steps that tell nothing of the broker. */
export function stepsByValue(run: Run): Map<string, MeasuredStep[]> {
  const byValue = new Map<string, MeasuredStep[]>();
  for (const step of run.steps.filter(isTelling)) {
    const value = valuesText(step.values as StepValues);
    byValue.set(value, [...(byValue.get(value) ?? []), step]);
  }
  return byValue;
}

/**
 * The rank test of Mann and Whitney (1947).
 *
 * @returns `real`: they differ by more than noise, and by enough to matter
 */
export function compareRanks(
  x: readonly number[],
  y: readonly number[],
): { medians: [number, number]; p: number; real: boolean } {
  const [mx, my] = [medianOf(x), medianOf(y)];
  const p = mannWhitney(x, y);
  return { medians: [mx, my], p, real: p < SIGNIFICANT && Math.abs(mx - my) > RELEVANT * Math.min(mx, my) };
}

/** Whether a step says something about the broker. */
export function isTelling(step: Step): step is MeasuredStep {
  return isMeasured(step) && verdictOf(step).tellsOfBroker;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

/** Two-sided p of the rank-sum test, by the normal approximation with the correction for ties. */
export function mannWhitney(x: readonly number[], y: readonly number[]): number {
  const all = [...x.map((value) => ({ value, first: true })), ...y.map((value) => ({ value, first: false }))];
  all.sort((a, b) => a.value - b.value);
  let [rankSum, ties] = [0, 0];
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end += 1;
    const [count, rank] = [end - at, (at + 1 + end) / 2];
    rankSum += rank * all.slice(at, end).filter(({ first }) => first).length;
    ties += count ** 3 - count;
    at = end;
  }
  const [n, m] = [x.length, y.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * (1 - normalCdf(z)));
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17: an error below 7.5e-8. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}

/** Points of a run for a chart: value and p99. */
export function p99Points(run: Run, variable: string): [number, number][] {
  return run.steps.filter(isTelling).flatMap((step) => {
    const [value, p99] = [varied(step, variable), step.delayMs.p99];
    return typeof value === "number" && p99 !== null ? [[value, p99] as [number, number]] : [];
  });
}
