// The next step of a run. It is a pure function of the finished steps, so that a run can be interrupted and resumed.
import type { Knee } from "../../contract/result.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import type { Benchmark, Workload } from "../../contract/workload.ts";
import { nextSearch, searchLeft } from "./search.ts";
import type { PlannedStep, Trial } from "./trial.ts";

/** The next step, or the result of the run. */
type Next = { step: PlannedStep } | { done: { knee: Knee | null; searchReason: string } };

/** The step after the finished ones, or the result. The same history always gives the same answer. */
export function nextStep(workload: Workload, benchmark: Benchmark, history: readonly Trial[]): Next {
  const planned = plannedSteps(benchmark)[history.length];
  if (planned) return { step: planned };
  if (!benchmark.search) return { done: { knee: null, searchReason: "" } };
  const next = nextSearch(workload, benchmark.search, benchmark.slo, history);
  return "value" in next
    ? { step: { phase: "search", values: { [benchmark.search.variable]: next.value } } }
    : { done: next.done };
}

/** Number of steps that remain. */
export function stepsLeft(
  workload: Workload,
  benchmark: Benchmark,
  history: readonly Trial[],
): { least: number; most: number } {
  const planned = Math.max(0, plannedSteps(benchmark).length - history.length);
  if (!benchmark.search) return { least: planned, most: planned };
  const { least, most } = searchLeft(workload, benchmark.search, benchmark.slo, history);
  return { least: planned + least, most: planned + most };
}

/** The steps that are known before the run: those of the sweep, or the soak. */
function plannedSteps(benchmark: Benchmark): PlannedStep[] {
  if (benchmark.soak !== undefined) return [{ phase: "soak", values: {} }];
  return sweepSteps(benchmark).map((values) => ({ phase: "sweep", values }));
}
