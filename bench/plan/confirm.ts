// The long steps at the end of a search. They confirm its knee, or lower it.

import { verdictOf } from "../../contract/verdicts.ts";
import { isWholeVariable, type Search } from "../../contract/workload.ts";
import { UNCLEAR_TRIALS, upperOf } from "./bracket.ts";
import type { Findings } from "./findings.ts";
import type { Trial } from "./trial.ts";

/** Largest number of long steps that refute a knee. Steps without evidence do not count. */
const MOST_CONFIRMATIONS = 4;
/** Share of the steps of a search that is reserved for confirmations. */
const RESERVED_SHARE = 1 / 10;

/** Number of steps that the exploration leaves for confirmations. */
export function plannedConfirmations({ confirm, maxSteps }: Pick<Search, "confirm" | "maxSteps">): number {
  if (confirm === 0) return 0;
  return Math.min(MOST_CONFIRMATIONS, Math.ceil(RESERVED_SHARE * maxSteps), maxSteps - 1);
}

/**
 * The value of the next long step. The first one is at the estimated limit. After each one that misses the SLO, the value falls
 * at least to the new estimate: first by half the tolerance, then by twice as much each time, so decrements grow while outcomes
 * do not change (after Kesten, Annals of Mathematical Statistics 29, 1958). undefined: there is nothing to confirm.
 */
export function nextConfirmation(search: Search, findings: Findings): number | undefined {
  const { range, confirmations } = findings;
  const upper = upperOf(range);
  const decided = confirmations.filter((each) => verdictOf(each).evidence !== "unclear");
  if (search.confirm === 0 || decided.length >= MOST_CONFIRMATIONS || isConfirmed(confirmations))
    return undefined;
  const last = confirmations.at(-1);
  if (!last) {
    if (!range.good || (upper && upper !== range.bad)) return undefined;
    return range.bad ? estimate(search, findings) : range.good.value;
  }
  const value = Number(last.values[search.variable]);
  const { evidence } = verdictOf(last);
  if (evidence === "unclear")
    return confirmations.length - decided.length < UNCLEAR_TRIALS ? value : undefined;
  if (evidence === "generator") return undefined;
  const missed = confirmations.filter((each) => verdictOf(each).evidence === "missed").length;
  const lower = value / (1 + (search.tolerance / 2) * 2 ** (missed - 1));
  return within(search, Math.min(lower, findings.posterior().quantile(0.5), value - unit(search)));
}

/** Whether the latest long step met the SLO. */
export function isConfirmed(confirmations: readonly Trial[]): boolean {
  const last = confirmations.at(-1);
  return last !== undefined && verdictOf(last).evidence === "met";
}

/** The median of the limit; undefined: it is not below the smallest value without evidence. */
function estimate(search: Search, { range, posterior }: Findings): number | undefined {
  const median = posterior().quantile(0.5);
  const ceiling = range.ceiling?.value ?? Number.POSITIVE_INFINITY;
  return median < ceiling ? within(search, median) : undefined;
}

function unit({ variable }: Search): number {
  return isWholeVariable(variable) ? 1 : 0;
}

/** The value rounded down; undefined: it is below the range of the search. */
function within({ variable, from, to }: Search, value: number): number | undefined {
  const rounded = isWholeVariable(variable) ? Math.floor(value) : Number(value.toPrecision(3));
  return rounded < from ? undefined : Math.min(to, rounded);
}
