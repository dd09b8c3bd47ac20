// What the trials of a search tell, by the value that was tried.
import { type VerdictDescriptor, verdictOf } from "../../contract/verdicts.ts";
import type { SearchVariable, Workload } from "../../contract/workload.ts";
import type { Trial } from "./trial.ts";

/** How often a value met the SLO, missed it, or told nothing since the generator was at its own limit. */
export interface Evidence {
  value: number;
  met: number;
  missed: number;
  bound: number;
  /** Why it was missed, or bound, the first time. */
  reason: string;
}

/** Trials that vary nothing but this variable, of the sweep too, in the order of their values. */
export function evidenceOf(
  workload: Workload,
  variable: SearchVariable,
  history: readonly Trial[],
): Evidence[] {
  const byValue = new Map<number, Trial[]>();
  for (const trial of history) {
    const value = trial.values[variable];
    if (typeof value !== "number" || !variesOnly(workload, variable, trial)) continue;
    byValue.set(value, [...(byValue.get(value) ?? []), trial]);
  }
  return [...byValue].sort(([a], [b]) => a - b).map(([value, trials]) => summed(value, trials));
}

function variesOnly(workload: Workload, variable: SearchVariable, { values }: Trial): boolean {
  return Object.entries(values).every(
    ([name, value]) => name === variable || value === (workload as Record<string, unknown>)[name],
  );
}

/**
 * A step that was not steady, or whose brokers were cold, or that failed, is no evidence the first time: a neighbour may have
 * disturbed it, or the next finds them warm. The second time it counts as missed.
 */
function summed(value: number, trials: readonly Trial[]): Evidence {
  const count = (evidence: VerdictDescriptor["evidence"]) =>
    trials.filter((trial) => verdictOf(trial).evidence === evidence).length;
  const against = trials.find((trial) => verdictOf(trial).evidence !== "met");
  return {
    value,
    met: count("met"),
    missed: count("missed") + Math.max(0, count("unclear") - 1),
    bound: count("generator"),
    reason: against?.reasons[0] ?? "",
  };
}

/**
 * The share of trials that met the SLO at each value, made to fall as values rise: neighbours that contradict each other
 * are pooled (pool adjacent violators; Ayer, Brunk, Ewing, Reid and Silverman, 1955). Values without a trial that tells
 * are left out.
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
