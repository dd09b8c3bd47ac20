// Where the next trial of a search is placed.
import { isWholeVariable, type Search } from "../../contract/workload.ts";
import { isUndecided, middleOf, type Range, UNCLEAR_TRIALS, upperOf } from "./bracket.ts";
import type { Evidence } from "./evidence.ts";
import type { Posterior } from "./posterior.ts";

/** Probability that the interval of a knee contains the limit. */
export const CONFIDENCE = 0.9;
/** A search ends once its interval reaches so many tolerances below and above its middle. */
const REACH = 2;

/**
 * The next value to try; undefined: there is nothing left to find out. The load doubles until a value misses the SLO; then
 * each trial is placed where its outcome is expected to tell the most about the limit. If what ends the range is the
 * generator, or a value that cannot be decided, the range is halved instead: no outcome beyond it is evidence.
 */
export function placeTrial(search: Search, range: Range, posterior: () => Posterior): number | undefined {
  const { good, bad } = range;
  const upper = upperOf(range);
  if (!upper) {
    if (!good) return search.from;
    return good.value < search.to ? larger(search, good.value) : again(search, good);
  }
  if (upper !== bad) return belowCeiling(search, good, upper);
  if (!good) {
    const first = range.evidence.find(({ value }) => value === search.from);
    if (first) return again(search, first);
  }
  return mostTelling(search, range, posterior());
}

/** Where no value has missed the SLO yet: the first value of the search, then twice the load. */
function larger({ from, to }: Search, value: number): number {
  return Math.min(to, value < from ? from : 2 * value);
}

function again(search: Search, evidence: Evidence): number | undefined {
  return isUndecided(search, evidence) ? evidence.value : undefined;
}

function belowCeiling(search: Search, good: Evidence | undefined, ceiling: Evidence): number | undefined {
  const low = good?.value ?? search.from;
  if (ceiling.value <= low) return again(search, ceiling);
  const middle = middleOf(search, low, ceiling.value);
  if (middle !== undefined) return middle;
  if (!good) return low;
  return again(search, good) ?? again(search, ceiling);
}

function mostTelling(search: Search, range: Range, posterior: Posterior): number | undefined {
  const [low, high] = intervalOf(posterior);
  if (Math.log(high / low) <= 2 * Math.log(1 + REACH * search.tolerance)) return undefined;
  if (isWholeVariable(search.variable) && high - low <= 1) return undefined;
  const [least, most] = [posterior.quantile(0.01), posterior.quantile(0.99)];
  const ceiling = range.ceiling?.value ?? Number.POSITIVE_INFINITY;
  let best: { value: number; information: number } | undefined;
  for (const value of candidates(search, least, most)) {
    const tried = range.evidence.find((each) => each.value === value);
    if (value >= ceiling || (tried && isExhausted(search, tried))) continue;
    const information = posterior.information(value);
    if (information > (best?.information ?? 0)) best = { value, information };
  }
  return best?.value;
}

function isExhausted({ trials }: Search, { met, missed, unclear }: Evidence): boolean {
  return met + missed >= trials || unclear >= UNCLEAR_TRIALS;
}

/** Values of the search that are half the tolerance apart, and one beyond either end. */
function candidates({ variable, from, to, tolerance }: Search, least: number, most: number): Set<number> {
  const ratio = 1 + tolerance / 2;
  const index = (value: number) => Math.log(value / from) / Math.log(ratio);
  const values = new Set<number>();
  for (let at = Math.floor(index(least)); at <= Math.ceil(index(most)); at += 1) {
    const value = Math.min(to, Math.max(from, from * ratio ** at));
    values.add(isWholeVariable(variable) ? Math.round(value) : Number(value.toPrecision(4)));
  }
  return values;
}

/** The credible interval of the limit, with {@link CONFIDENCE}. */
export function intervalOf(posterior: Posterior): [number, number] {
  return [posterior.quantile((1 - CONFIDENCE) / 2), posterior.quantile((1 + CONFIDENCE) / 2)];
}
