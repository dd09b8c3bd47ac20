// Chooses the value of the next trial of a search.
import { isWholeVariable, type Search } from "../../contract/workload.ts";
import { BOUND_TRIALS, isUndecided, middleOf, type Range, UNCLEAR_TRIALS, upperOf } from "./bracket.ts";
import type { Evidence } from "./evidence.ts";
import type { Posterior } from "./posterior.ts";

/** Probability that the interval of a knee contains the limit. */
export const CONFIDENCE = 0.9;
/** The exploration ends once the interval reaches at most this many tolerances below and above its middle. */
const REACH = 2;

/**
 * The next value to try; undefined: the exploration is complete. The load doubles until a value misses the SLO. Then each trial
 * has the value whose outcome is expected to give the most information about the limit. If the range ends at the generator's
 * limit, or at an undecidable value, it is halved instead, because no trial beyond its end would be evidence.
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
  return mostInformative(search, range, posterior());
}

/** The next value while none has missed the SLO: the first value of the search, then twice the load. */
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

function mostInformative(search: Search, range: Range, posterior: Posterior): number | undefined {
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

/** Whether a value is not tried again: it has had its trials, or those without evidence, of which more are likely to follow. */
function isExhausted({ trials }: Search, { met, missed, bound, unclear }: Evidence): boolean {
  return met + missed >= trials || bound >= BOUND_TRIALS || unclear >= UNCLEAR_TRIALS;
}

/** Values from `least` to `most`, half the tolerance apart, and one more at either end. */
function candidates({ variable, from, to, tolerance }: Search, least: number, most: number): Set<number> {
  const ratio = 1 + tolerance / 2;
  const index = (value: number) => Math.log(value / from) / Math.log(ratio);
  const values = new Set<number>();
  for (let power = Math.floor(index(least)); power <= Math.ceil(index(most)); power += 1) {
    const value = Math.min(to, Math.max(from, from * ratio ** power));
    values.add(isWholeVariable(variable) ? Math.round(value) : Number(value.toPrecision(4)));
  }
  return values;
}

/** The credible interval of the limit, with {@link CONFIDENCE}. */
export function intervalOf(posterior: Posterior): [number, number] {
  return [posterior.quantile((1 - CONFIDENCE) / 2), posterior.quantile((1 + CONFIDENCE) / 2)];
}
