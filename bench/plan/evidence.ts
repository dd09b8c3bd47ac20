// The evidence of a search's trials, by the value that was tried.
import { type VerdictDescriptor, verdictOf } from "../../contract/verdicts.ts";
import type { SearchVariable, Workload } from "../../contract/workload.ts";
import type { Outcome } from "./posterior.ts";
import type { Trial } from "./trial.ts";

/** How often a value met the SLO, missed it, or gave no result. */
export interface Evidence {
  value: number;
  met: number;
  missed: number;
  /** Trials in which the generator was at its own limit. */
  bound: number;
  /** Trials that are no evidence: not steady, with busy JIT compilers, or failed. */
  unclear: number;
  /** The reason of the first trial that did not meet the SLO; empty if all did. */
  reason: string;
}

/** The trials of sweep and search that vary only this variable, in order. Steps of the preheat do not count. */
function trialsOf(workload: Workload, variable: SearchVariable, history: readonly Trial[]) {
  return history.flatMap((trial) => {
    const value = trial.values[variable];
    const counts =
      trial.phase !== "preheat" && typeof value === "number" && variesOnly(workload, variable, trial);
    return counts ? [{ value, trial, evidence: verdictOf(trial).evidence }] : [];
  });
}

/** Evidence by value, in ascending order, from all trials of sweep and search that vary only this variable. */
export function evidenceOf(
  workload: Workload,
  variable: SearchVariable,
  history: readonly Trial[],
): Evidence[] {
  const byValue = new Map<number, Trial[]>();
  for (const { value, trial } of trialsOf(workload, variable, history)) {
    byValue.set(value, [...(byValue.get(value) ?? []), trial]);
  }
  return [...byValue].sort(([a], [b]) => a - b).map(([value, trials]) => summed(value, trials));
}

/** The same trials one by one, in order, without those that are no evidence. */
export function outcomesOf(
  workload: Workload,
  variable: SearchVariable,
  history: readonly Trial[],
): Outcome[] {
  const trials = trialsOf(workload, variable, history);
  return trials.flatMap(({ value, evidence }, index) =>
    evidence === "met" || evidence === "missed"
      ? [{ value, met: evidence === "met", age: trials.length - 1 - index }]
      : [],
  );
}

function variesOnly(workload: Workload, variable: SearchVariable, { values }: Trial): boolean {
  return Object.entries(values).every(
    ([name, value]) => name === variable || value === (workload as Record<string, unknown>)[name],
  );
}

function summed(value: number, trials: readonly Trial[]): Evidence {
  const count = (evidence: VerdictDescriptor["evidence"]) =>
    trials.filter((trial) => verdictOf(trial).evidence === evidence).length;
  const against = trials.find((trial) => verdictOf(trial).evidence !== "met");
  return {
    value,
    met: count("met"),
    missed: count("missed"),
    bound: count("generator"),
    unclear: count("unclear"),
    reason: against?.reasons[0] ?? "",
  };
}

/**
 * The share of trials that met the SLO at each value, as a function that never rises with the value: adjacent values that
 * contradict this are pooled (pool adjacent violators; Ayer, Brunk, Ewing, Reid and Silverman, 1955). Values without
 * evidence are left out.
 */
export function passShares(evidence: readonly Evidence[]): Map<number, number> {
  const pools: { values: number[]; met: number; all: number }[] = [];
  for (const { value, met, missed } of evidence) {
    if (met + missed === 0) continue;
    pools.push({ values: [value], met, all: met + missed });
    for (;;) {
      const [before, last] = [pools.at(-2), pools.at(-1)];
      if (!before || !last || before.met / before.all >= last.met / last.all) break;
      before.values.push(...last.values);
      before.met += last.met;
      before.all += last.all;
      pools.pop();
    }
  }
  return new Map(pools.flatMap(({ values, met, all }) => values.map((value) => [value, met / all] as const)));
}
