// The values between which the limit lies, by what the trials of each value say.
import { isWholeVariable, type Search } from "../../contract/workload.ts";
import { type Evidence, passShares } from "./evidence.ts";

/** A value counts as the generator's limit after this many trials; other work on the machine may have caused a single one. */
const BOUND_TRIALS = 2;
/** A value whose trials give no evidence is not tried more often than this: it cannot be decided. */
export const UNCLEAR_TRIALS = 4;
/** More than half of the trials: a knee is not based on a tie. */
export const MAJORITY = 0.5 + Number.EPSILON;

/** What is known of the limit of a search. */
export interface Range {
  evidence: readonly Evidence[];
  /** The largest value that met the SLO in at least half of its trials, after pooling. */
  good: Evidence | undefined;
  /** The next larger value that did not. */
  bad: Evidence | undefined;
  /** The smallest larger value that says nothing: the generator was at its limit, or no trial gave evidence. */
  ceiling: Evidence | undefined;
}

/** @param least share of the trials of a good value that met the SLO; during the search a tie is worth more trials */
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

/** Whether a value was tried often enough without evidence. */
export function isUndecidable({ unclear, met, missed }: Evidence): boolean {
  return unclear >= UNCLEAR_TRIALS && met + missed === 0;
}

/** What ends the range of the search: a miss, or a value that says nothing, whichever is lower. */
export function upperOf({ bad, ceiling }: Range): Evidence | undefined {
  if (!bad || !ceiling) return bad ?? ceiling;
  return bad.value <= ceiling.value ? bad : ceiling;
}

/** Whether no majority of the trials of a value has decided it, and another trial may. */
export function isUndecided({ trials }: Search, { met, missed, bound, unclear }: Evidence): boolean {
  const decided = Math.max(met, missed) > trials / 2 && met !== missed;
  return !decided && met + missed < 2 * trials && bound < BOUND_TRIALS && unclear < UNCLEAR_TRIALS;
}

/** The geometric mean, which halves the range on a logarithmic scale. undefined: the range is narrow enough. */
export function middleOf({ variable, tolerance }: Search, low: number, high: number): number | undefined {
  if ((high - low) / low <= tolerance) return undefined;
  const middle = Math.sqrt(low * high);
  if (!isWholeVariable(variable)) return Number(middle.toPrecision(4));
  const whole = Math.min(high - 1, Math.max(low + 1, Math.round(middle)));
  return whole > low && whole < high ? whole : undefined;
}
