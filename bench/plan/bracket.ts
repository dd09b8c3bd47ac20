// The values between which the limit lies, from the trials of each value.
import { isWholeVariable, type Search } from "../../contract/workload.ts";
import { type Evidence, passShares } from "./evidence.ts";

/** A value counts as the generator's limit after this many such trials; a single one may be due to other load on the machine. */
export const BOUND_TRIALS = 2;
/** A value is tried at most this often without evidence. Then it counts as undecidable. */
export const UNCLEAR_TRIALS = 4;
/** A share of the trials above one half: a knee is not based on a tie. */
export const MAJORITY = 0.5 + Number.EPSILON;

/** What is known about the limit of a search. */
export interface Range {
  evidence: readonly Evidence[];
  /** The largest value that met the SLO in at least half of its trials, after pooling. */
  good: Evidence | undefined;
  /** The next larger value that did not. */
  bad: Evidence | undefined;
  /** The smallest larger value without evidence: the generator was at its limit, or the value is undecidable. */
  ceiling: Evidence | undefined;
}

/**
 * The range of the limit.
 *
 * @param least smallest share of the trials of a good value that met the SLO. Default: 0.5, because the search tries tied values
 *   again
 */
export function rangeOf(evidence: readonly Evidence[], least = 0.5): Range {
  const shares = passShares(evidence);
  const tried = evidence.filter(({ value }) => shares.has(value));
  const good = tried.findLast(({ value }) => (shares.get(value) as number) >= least);
  const above = ({ value }: Evidence) => value > (good?.value ?? 0);
  const bad = tried.find(above);
  const ceiling = evidence.find((each) => above(each) && (isGeneratorsLimit(each) || isUndecidable(each)));
  return { evidence, good, bad, ceiling };
}

/** Whether the generator was at its own limit in most trials of a value. */
export function isGeneratorsLimit({ bound, met, missed }: Evidence): boolean {
  return bound > met + missed;
}

/** Whether a value has had all its trials without evidence. */
export function isUndecidable({ unclear, met, missed }: Evidence): boolean {
  return unclear >= UNCLEAR_TRIALS && met + missed === 0;
}

/** The upper end of the range: the smallest value that missed the SLO, or that gave no evidence, whichever is lower. */
export function upperOf({ bad, ceiling }: Range): Evidence | undefined {
  if (!bad || !ceiling) return bad ?? ceiling;
  return bad.value <= ceiling.value ? bad : ceiling;
}

/** Whether the trials of a value have no majority yet, and another trial is allowed. */
export function isUndecided({ trials }: Search, { met, missed, bound, unclear }: Evidence): boolean {
  const decided = Math.max(met, missed) > trials / 2 && met !== missed;
  return !decided && met + missed < 2 * trials && bound < BOUND_TRIALS && unclear < UNCLEAR_TRIALS;
}

/** The geometric mean of a range, which halves it on a logarithmic scale; undefined: the range is narrow enough. */
export function middleOf({ variable, tolerance }: Search, low: number, high: number): number | undefined {
  if ((high - low) / low <= tolerance) return undefined;
  const middle = Math.sqrt(low * high);
  if (!isWholeVariable(variable)) return Number(middle.toPrecision(4));
  const whole = Math.min(high - 1, Math.max(low + 1, Math.round(middle)));
  return whole > low && whole < high ? whole : undefined;
}
