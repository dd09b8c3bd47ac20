// The next step of a run, as a pure function of the finished steps, so that a run can be interrupted and resumed.
import type { Bracket, SearchState } from "../../contract/result.ts";
import { type Load, type Scale, scaledLoad } from "../../contract/scale.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import type { Benchmark, Workload } from "../../contract/workload.ts";
import { nextScaling } from "./autoScale.ts";
import { bracketOf } from "./conclude.ts";
import { evidenceOf } from "./evidence.ts";
import { nextPreheat } from "./preheat.ts";
import { limitSoFar } from "./search.ts";
import { leftOfSearch, nextOfSearch, type SearchResults } from "./slos.ts";
import type { PlannedStep, Trial } from "./trial.ts";

/** The next step, or the result of the run. */
type Next = { step: PlannedStep } | { done: SearchResults };

/** The step after the finished ones, or the result. The same history always gives the same answer. */
export function nextStep(workload: Workload, benchmark: Benchmark, history: readonly Trial[]): Next {
  const preheat = nextPreheat(workload, benchmark, history);
  if (preheat) return { step: { phase: "preheat", values: preheat } };
  const measured = withoutPreheat(history);
  const planned = plannedSteps(benchmark)[measured.length];
  if (planned) return { step: planned };
  const { slo, search } = benchmark;
  if (!search) return { done: { knee: null, bracket: null, searchReason: "" } };
  return nextOfSearch(workload, { slo, search }, measured);
}

/**
 * The next step of the preheat of a run with `scale: auto`, or how its loads are scaled. Then {@link scaledPlan} has the plan of
 * the run.
 */
export function nextOfScaling(
  load: Load,
  history: readonly Trial[],
): { step: PlannedStep } | { scale: Scale } {
  const { workload, benchmark } = load;
  for (let steps = 0; steps <= history.length; steps += 1) {
    const preheat = nextPreheat(workload, benchmark, history.slice(0, steps));
    if (preheat && steps === history.length) return { step: { phase: "preheat", values: preheat } };
    if (preheat) continue;
    const next = nextScaling(load, history, steps);
    return "scale" in next ? next : { step: { phase: "preheat", values: next.values } };
  }
  throw new Error("the preheat has no end");
}

/** The plan of a run whose loads are scaled. The preheat that showed how is not repeated. @param history the steps before */
export function scaledPlan(load: Load, { factor, setting }: Scale, history: readonly Trial[]): Load {
  const { workload, benchmark } = scaledLoad(load, factor);
  const preheated = setting === "auto" && history.some(({ phase }) => phase === "preheat");
  return {
    workload,
    benchmark: { ...benchmark, scale: undefined, preheat: preheated ? 0 : benchmark.preheat },
  };
}

/** Number of steps that remain after the preheat. */
export function stepsLeft(
  workload: Workload,
  benchmark: Benchmark,
  history: readonly Trial[],
): { least: number; most: number } {
  const measured = withoutPreheat(history);
  const planned = Math.max(0, plannedSteps(benchmark).length - measured.length);
  const { slo, search } = benchmark;
  if (!search) return { least: planned, most: planned };
  const { least, most } = leftOfSearch(workload, { slo, search }, measured);
  return { least: planned + least, most: planned + most };
}

/** What is known about the knee of a run that cannot continue; null: it did not search for one. @param reason why it ended */
export function bracketSoFar(
  workload: Workload,
  { search }: Benchmark,
  history: readonly Trial[],
  reason: string,
): Bracket | null {
  if (!search) return null;
  return bracketOf(search.variable, { evidence: evidenceOf(workload, search.variable, history) }, reason);
}

/** What the search knows of the limit after the last trial; undefined: it was no evidence, or there is no search. */
export function searchStateSoFar(
  workload: Workload,
  { search }: Benchmark,
  history: readonly Trial[],
): Pick<SearchState, "variable" | "low" | "median" | "high"> | undefined {
  const limit = search && limitSoFar(workload, search, withoutPreheat(history));
  return limit && { variable: search.variable, ...limit };
}

/** The trials without those of the preheat, which are no evidence. */
export function withoutPreheat(history: readonly Trial[]): Trial[] {
  return history.filter(({ phase }) => phase !== "preheat");
}

/** The steps that are known before the run: those of the sweep, or the soak. */
function plannedSteps(benchmark: Benchmark): PlannedStep[] {
  if (benchmark.soak !== undefined) return [{ phase: "soak", values: {} }];
  return sweepSteps(benchmark).map((values) => ({ phase: "sweep", values }));
}
