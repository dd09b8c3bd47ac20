// `scale: auto`: the loads of the preheat, and how the loads of a run are scaled to what they show.
import {
  baseLoad,
  type Load,
  leastLoad,
  loadVariable,
  rounded,
  roundedFactor,
  type Scale,
  totalPerSec,
} from "../../contract/scale.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import { verdictOf } from "../../contract/verdicts.ts";
import { SEARCH_VARIABLES, type StepValues } from "../../contract/workload.ts";
import { LEAST_SCALE } from "../../contract/workloadFields.ts";
import { looksGood, secondsWithNext, type Trial } from "./trial.ts";

/** The preheat starts at this share of the largest load, or at a quarter of the smallest one if that is less. */
const START_SHARE = 1 / 16;
const BELOW_SMALLEST = 1 / 4;
/** It never starts at less than this share of the largest load, so that it does not take too many steps. */
const LEAST_SHARE = 1 / 256;
/** The load doubles from step to step. */
const GROWTH = 2;
/**
 * Longest time for further steps after the preheat, s, at the length of the steps so far. The first one always runs. While each
 * load meets the SLO, there is no limit: a machine that had no time to show what it can do is not a slow one.
 */
const FURTHER_SEC = 25;
/**
 * As long as not even the smallest load of the preheat met the SLO, it is repeated until this many times the preheat's length. A
 * cluster that has just started is more likely cold than slow: on two cores, three brokers needed 100 s.
 */
const COLD = 2;
/** A sweep of the load may reach this many times what the machine carries, so that it shows where the SLO is missed. */
const SWEEP_BEYOND = 2;
/** A search starts at most at this share of what the machine carries, so that its first value meets the SLO. */
const SEARCH_START = 1 / 2;

/** What the preheat has shown, in values of the option that carries the load. */
interface Shown {
  /** The largest load whose last step met the SLO; undefined: none did. */
  carried: number | undefined;
  /** The smallest larger load whose last step did not. */
  missed: number | undefined;
}

/** The loads of a preheat with `scale: auto`: doubling from a small share of the load to the largest planned one. */
export function scalingLoads(load: Load): StepValues[] {
  const variable = loadVariable(load);
  const heaviest = heaviestValues(load);
  const planned = plannedLoads(load);
  const [smallest, top] = [Math.min(...planned), Math.max(...planned)];
  const start = Math.min(START_SHARE * top, Math.max(BELOW_SMALLEST * smallest, LEAST_SHARE * top));
  const values = [Math.min(top, Math.max(lowest(load), rounded(variable, start)))];
  while ((values.at(-1) as number) < top) {
    values.push(Math.min(top, rounded(variable, GROWTH * (values.at(-1) as number))));
  }
  return values.map((value) => ({ ...heaviest, [variable]: value }));
}

/**
 * The values of a further step after the preheat, or how the loads are scaled. The load doubles from the largest one that met the
 * SLO, as long as that is not known to be enough; if none met it, the smallest one is repeated for a while, and then halved.
 *
 * @param history the steps so far, all of the preheat
 * @param preheated number of those steps before the further ones
 */
export function nextScaling(
  load: Load,
  history: readonly Trial[],
  preheated: number,
): { values: StepValues } | { scale: Scale } {
  const variable = loadVariable(load);
  let cold = preheated;
  while (cold < history.length && mayBeCold(load, history.slice(0, cold))) cold += 1;
  if (mayBeCold(load, history))
    return { values: { ...heaviestValues(load), [variable]: lowestTried(load, history) } };
  const shown = shownBy(load, history);
  const further = history.slice(cold);
  const isRising = shown.carried !== undefined && shown.missed === undefined;
  const isOver = !isRising && isLong(further);
  const value = isEnough(load, shown) || isOver ? undefined : furtherLoad(load, shown, history);
  const isTried = further.some(({ values }) => values[variable] === value);
  if (value === undefined || isTried) return { scale: scaleOf(load, shown, history) };
  return { values: { ...heaviestValues(load), [variable]: value } };
}

function scaleOf(load: Load, shown: Shown, history: readonly Trial[]): Scale {
  const { carried, missed } = shown;
  const perSec = (value: number | undefined) =>
    value === undefined
      ? null
      : totalPerSec(load.workload, { ...fixedLoad(load), [loadVariable(load)]: value });
  return {
    factor: factorOf(load, carried ?? lowestTried(load, history) / GROWTH),
    setting: "auto",
    carriedPerSec: perSec(carried),
    missedPerSec: perSec(missed),
  };
}

/** The factor with which a machine that carries this load can run every step, as far as that is intended; at most 1. */
function factorOf(load: Load, carried: number): number {
  const share = shareOf(load, carried);
  return share >= 1 ? 1 : Math.max(LEAST_SCALE, roundedFactor(share));
}

function shareOf(load: Load, carried: number): number {
  const { sweep, search, soak } = load.benchmark;
  const variable = loadVariable(load);
  const swept = numbersOf(load, variable);
  const shares: number[] = [];
  if (swept.length > 0) shares.push((SWEEP_BEYOND * carried) / Math.max(...swept));
  if (search?.variable === variable) shares.push((SEARCH_START * carried) / search.from);
  // Without either, or in the steps of the other one, the load is that of the workload.
  const isFixed = swept.length === 0 && (sweep || search?.variable !== variable || soak !== undefined);
  const base = baseLoad(load.workload, variable);
  if (isFixed && base !== undefined) shares.push(carried / base);
  return Math.min(...shares);
}

function isEnough(load: Load, { carried }: Shown): boolean {
  return carried !== undefined && shareOf(load, carried) >= 1;
}

/** Whether nothing was carried yet, and brokers that are still cold may be the reason. */
function mayBeCold(load: Load, history: readonly Trial[]): boolean {
  const last = history.at(-1);
  if (!last || last.verdict === "failed" || shownBy(load, history).carried !== undefined) return false;
  return secondsWithNext(history) <= COLD * load.benchmark.preheat;
}

function isLong(further: readonly Trial[]): boolean {
  return further.length > 0 && secondsWithNext(further) > FURTHER_SEC;
}

function furtherLoad(load: Load, { carried }: Shown, history: readonly Trial[]): number | undefined {
  const variable = loadVariable(load);
  if (carried !== undefined) {
    const loads = scalingLoads(load).map((values) => Number(values[variable]));
    return [...loads, ...loadsTried(load, history)]
      .toSorted((a, b) => a - b)
      .find((value) => value > carried);
  }
  const tried = lowestTried(load, history);
  const half = Math.max(lowest(load), rounded(variable, tried / GROWTH));
  return half < tried ? half : undefined;
}

function loadsTried(load: Load, history: readonly Trial[]): number[] {
  return history.map(({ values }) => Number(values[loadVariable(load)]));
}

function lowestTried(load: Load, history: readonly Trial[]): number {
  const loads = loadsTried(load, history);
  return loads.length > 0 ? Math.min(...loads) : Number(scalingLoads(load)[0]?.[loadVariable(load)]);
}

/** The last step of each load counts: those before it may have run while the brokers were cold. */
function shownBy(load: Load, history: readonly Trial[]): Shown {
  const variable = loadVariable(load);
  const last = new Map(history.map((trial) => [Number(trial.values[variable]), trial]));
  const loads = [...last].toSorted(([a], [b]) => a - b);
  const carried = loads.findLast(([, trial]) => isCarried(trial, load.benchmark.slo.p99Ms))?.[0];
  return { carried, missed: loads.find(([value]) => value > (carried ?? 0))?.[0] };
}

/**
 * Whether a step of the preheat met the SLO, as far as its few messages can show. One that was not steady counts too if its p99
 * is known and within the SLO. One whose generator was at its limit does not.
 */
function isCarried(trial: Trial, p99Ms: number): boolean {
  const { evidence } = verdictOf(trial);
  if (evidence === "met" || trial.verdict === "not-decidable") return true;
  if (trial.p99Ms === null) return looksGood(trial, p99Ms);
  return trial.verdict === "not-steady" && trial.p99Ms <= p99Ms;
}

/** All values that the steps of the benchmark give to the option that carries the load. */
function plannedLoads(load: Load): number[] {
  const { workload, benchmark } = load;
  const variable = loadVariable(load);
  const { search } = benchmark;
  const planned = [
    ...numbersOf(load, variable),
    ...(search?.variable === variable ? [search.from, search.to] : []),
  ];
  return planned.length > 0 ? planned : [baseLoad(workload, variable) ?? 1];
}

function numbersOf({ benchmark: { sweep } }: Load, variable: keyof StepValues): number[] {
  return (sweep?.[variable] ?? []).filter((value) => typeof value === "number");
}

/** The smallest valid load, even if its steps have few messages. */
function lowest(load: Load): number {
  const variable = loadVariable(load);
  // With so long a step, only validity counts.
  const valid = leastLoad({ ...load, benchmark: { ...load.benchmark, soak: Number.MAX_SAFE_INTEGER } });
  return Math.min(valid, rounded(variable, Math.min(...plannedLoads(load))));
}

/** The values of the heaviest step, apart from the load: that with the largest product of its numbers. */
function heaviestValues(load: Load): StepValues {
  const { sweep, combine, search } = load.benchmark;
  const variable = loadVariable(load);
  const names = [...SEARCH_VARIABLES, "groups", "topics"];
  const weight = (values: StepValues) =>
    Object.entries(values).reduce(
      (product, [name, value]) =>
        names.includes(name) && typeof value === "number" ? product * value : product,
      1,
    );
  const steps = sweepSteps({ sweep, combine });
  const heaviest = steps.reduce((best, values) => (weight(values) > weight(best) ? values : best));
  const { [variable]: _, ...others } = heaviest;
  return search && search.variable !== variable ? { [search.variable]: search.from, ...others } : others;
}

/** The other options of the heaviest step that make up its total rate. */
function fixedLoad(load: Load): { producers?: number; rate?: number } {
  const { producers, rate } = heaviestValues(load);
  return {
    ...(typeof producers === "number" && { producers }),
    ...(typeof rate === "number" && { rate }),
  };
}
