// A search with several SLOs: one after the other, and each takes all steps so far as evidence.
import type { OtherKnee } from "../../contract/result.ts";
import { slosOf } from "../../contract/slos.ts";
import type { Benchmark, Slo, Workload } from "../../contract/workload.ts";
import { bracketOf, type SearchResult } from "./conclude.ts";
import { evidenceOf } from "./evidence.ts";
import { nextSearch, searchLeft } from "./search.ts";
import type { PlannedStep, Trial } from "./trial.ts";

/** The result of a search, with those of its other SLOs; absent: it has one SLO. */
export type SearchResults = SearchResult & { otherKnees?: OtherKnee[] };

/** A search for one of its SLOs. */
interface OneSlo {
  slo: Slo;
  /** The history as this SLO sees it. */
  history: Trial[];
  /** Its number from 1: it may use what it and the SLOs before it are granted together. */
  budgets: number;
}

/** The next step of a search, or its results. @param history without the preheat */
export function nextOfSearch(
  workload: Workload,
  { slo, search }: { slo: Slo; search: NonNullable<Benchmark["search"]> },
  history: readonly Trial[],
): { step: PlannedStep } | { done: SearchResults } {
  const results: (SearchResult & { slo: Slo })[] = [];
  const all = oneByOne({ slo, search }, history);
  for (const one of all) {
    const next = nextSearch(workload, search, one.slo, one.history, one.budgets);
    if ("value" in next) {
      const step = { phase: next.phase, values: { [search.variable]: next.value } };
      return { step: all.length === 1 ? step : { ...step, searchedP99Ms: one.slo.p99Ms } };
    }
    results.push({ slo: one.slo, ...next.done });
  }
  const [first, ...others] = results as [SearchResult & { slo: Slo }, ...(SearchResult & { slo: Slo })[]];
  const { slo: _, ...result } = first;
  return { done: others.length === 0 ? result : { ...result, otherKnees: others } };
}

/** Number of the remaining trials of a search: those that are certain, and the largest number allowed. */
export function leftOfSearch(
  workload: Workload,
  { slo, search }: { slo: Slo; search: NonNullable<Benchmark["search"]> },
  history: readonly Trial[],
): { least: number; most: number } {
  const all = oneByOne({ slo, search }, history);
  for (const one of all) {
    const { least, most } = searchLeft(workload, search, one.slo, one.history, one.budgets);
    if (most > 0) return { least, most: most + (all.length - one.budgets) * search.maxSteps };
  }
  return { least: 0, most: 0 };
}

/** What is known for the other SLOs of a search that cannot go on. @param reason why it ended */
export function otherKneesSoFar(
  workload: Workload,
  { slo, search }: Pick<Benchmark, "slo" | "search">,
  history: readonly Trial[],
  reason: string,
): OtherKnee[] | undefined {
  if (!search) return undefined;
  const [, ...others] = oneByOne({ slo, search }, history);
  if (others.length === 0) return undefined;
  return others.map((one) => {
    const evidence = evidenceOf(workload, search.variable, one.history);
    const bracket = bracketOf(search.variable, { evidence }, reason);
    return { slo: one.slo, knee: null, bracket, searchReason: reason };
  });
}

function oneByOne(benchmark: Pick<Benchmark, "slo" | "search">, history: readonly Trial[]): OneSlo[] {
  return slosOf(benchmark).map((slo, index) => ({
    slo,
    history: history.map((trial) => seenBy(slo, trial)),
    budgets: index + 1,
  }));
}

/** A trial with its verdict for an SLO. Long steps at the knee of another SLO are ordinary evidence. */
function seenBy(slo: Slo, trial: Trial): Trial {
  const other = trial.otherSlos?.find(({ p99Ms }) => p99Ms === slo.p99Ms);
  const isOther = trial.searchedP99Ms !== undefined && trial.searchedP99Ms !== slo.p99Ms;
  const phase = trial.phase === "confirm" && isOther ? "search" : trial.phase;
  return { ...trial, phase, ...(other && { verdict: other.verdict, reasons: other.reasons }) };
}
