// The search for the knee: doubling, then bisection, with repeated trials near the limit.
import type { Knee } from "../../contract/result.ts";
import { isWholeVariable, type Search, type Slo, type Workload } from "../../contract/workload.ts";
import { type Evidence, evidenceOf, passShares } from "./evidence.ts";
import { credibleInterval } from "./posterior.ts";
import type { Trial } from "./trial.ts";

/** The next value to try, or the result of the search. */
type SearchNext = { value: number } | { done: { knee: Knee | null; searchReason: string } };

/** Probability that the interval of a knee contains the limit. */
const CONFIDENCE = 0.9;
/** A value counts as the generator's limit after this many trials; other work on the machine may have caused a single one. */
const BOUND_TRIALS = 2;
/** More than half of the trials: a knee is not based on a tie. */
const MAJORITY = 0.5 + Number.EPSILON;

/** The values between which the limit lies. */
interface Bracket {
  evidence: readonly Evidence[];
  /** The largest value that met the SLO in at least half of its trials, after pooling. */
  good: Evidence | undefined;
  /** The next larger value that did not. */
  bad: Evidence | undefined;
  /** The smallest larger value at which the generator was at its limit. */
  ceiling: Evidence | undefined;
}

/** The next value to try, or the result. @param history all trials of the sweep and the search, in their order */
export function nextSearch(
  workload: Workload,
  search: Search,
  slo: Slo,
  history: readonly Trial[],
): SearchNext {
  const bracket = bracketOf(evidenceOf(workload, search.variable, history));
  const next = candidate(search, bracket);
  const limitReached = budgetReached(search, history);
  if (next !== undefined && limitReached === undefined) return { value: next };
  return { done: conclude(search, slo, bracketOf(bracket.evidence, MAJORITY), limitReached) };
}

/** Number of remaining trials: the bisections and repetitions that are certain, and the largest number allowed. */
export function searchLeft(
  workload: Workload,
  search: Search,
  slo: Slo,
  history: readonly Trial[],
): { least: number; most: number } {
  if (!("value" in nextSearch(workload, search, slo, history))) return { least: 0, most: 0 };
  const most = search.maxSteps - history.filter(({ phase }) => phase === "search").length;
  const bracket = bracketOf(evidenceOf(workload, search.variable, history));
  const low = bracket.good?.value ?? search.from;
  const high = upperOf(bracket)?.value ?? larger(search, low);
  const halvings = Math.log2(Math.log(Math.max(1, high / low)) / Math.log(1 + search.tolerance));
  const least = Math.max(0, Math.ceil(halvings)) + missingTrials(search, bracket);
  return { least: Math.min(most, Math.max(1, least)), most };
}

function missingTrials({ trials }: Search, { good, bad }: Bracket): number {
  const needed = Math.floor(trials / 2) + 1;
  return Math.max(0, needed - (good?.met ?? 0)) + Math.max(0, needed - (bad?.missed ?? 0));
}

/** @param least share of its trials in which a good value met the SLO. During the search a tie counts, and gets more trials */
function bracketOf(evidence: readonly Evidence[], least = 0.5): Bracket {
  const shares = passShares(evidence);
  const tried = evidence.filter(({ value }) => shares.has(value));
  const good = tried.findLast(({ value }) => (shares.get(value) as number) >= least);
  const above = (value: number) => value > (good?.value ?? 0);
  const bad = tried.find(({ value }) => above(value));
  const ceiling = evidence.find(({ value, bound, met, missed }) => above(value) && bound > met + missed);
  return { evidence, good, bad, ceiling };
}

/** The upper end of the range: the smallest value that missed the SLO or reached the generator's limit. */
function upperOf({ bad, ceiling }: Bracket): Evidence | undefined {
  if (!bad || !ceiling) return bad ?? ceiling;
  return bad.value <= ceiling.value ? bad : ceiling;
}

/** The next value to try; undefined: there is none. */
function candidate(search: Search, bracket: Bracket): number | undefined {
  const { good } = bracket;
  const upper = upperOf(bracket);
  if (!good && !upper) return search.from;
  if (!upper) return good && good.value < search.to ? larger(search, good.value) : undecided(search, good);
  const low = good?.value ?? search.from;
  if (upper.value <= low) return undecided(search, upper);
  const middle = isNarrow(search, low, upper.value) ? undefined : middleOf(search, low, upper.value);
  if (middle !== undefined) return middle;
  if (!good) return low;
  return undecided(search, good) ?? undecided(search, upper);
}

/** The next value while none has missed the SLO: the first value of the search, then twice the previous one. */
function larger({ from, to }: Search, value: number): number {
  return Math.min(to, value < from ? from : 2 * value);
}

/** The value if it must be tried again, because no majority of its trials has decided it. */
function undecided({ trials }: Search, evidence: Evidence | undefined): number | undefined {
  if (!evidence) return undefined;
  const { value, met, missed, bound } = evidence;
  const decided = Math.max(met, missed) > trials / 2 && met !== missed;
  return decided || bound >= BOUND_TRIALS ? undefined : value;
}

function isNarrow({ variable, tolerance }: Search, low: number, high: number): boolean {
  return (high - low) / low <= tolerance || (isWholeVariable(variable) && high - low <= 1);
}

/** The geometric mean, which halves the range on a logarithmic scale. undefined: there is no value in between. */
function middleOf({ variable }: Search, low: number, high: number): number | undefined {
  const middle = Math.sqrt(low * high);
  if (!isWholeVariable(variable)) return Number(middle.toPrecision(4));
  const whole = Math.min(high - 1, Math.max(low + 1, Math.round(middle)));
  return whole > low && whole < high ? whole : undefined;
}

/** Which limit of the search is reached; undefined: none. */
function budgetReached({ maxSteps, maxTime }: Search, history: readonly Trial[]): string | undefined {
  const trials = history.filter(({ phase }) => phase === "search");
  if (trials.length >= maxSteps) return `maxSteps (${maxSteps}) was reached`;
  const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
  return seconds >= maxTime ? `maxTime (${Math.round(maxTime / 60)} min) was reached` : undefined;
}

function conclude(
  search: Search,
  slo: Slo,
  bracket: Bracket,
  limitReached: string | undefined,
): { knee: Knee | null; searchReason: string } {
  const { variable, from, to } = search;
  const { good, bad, ceiling } = bracket;
  const stopped = limitReached ? `${limitReached}; ` : "";
  if (!good) {
    const first = upperOf(bracket);
    const why = first === ceiling && first ? "the generator was at its own limit" : "the SLO was missed";
    const least = Math.min(from, first?.value ?? from);
    return {
      knee: null,
      searchReason: `${stopped}no value met the SLO: at ${least} ${variable} ${why} (${first?.reason ?? "not tried"})`,
    };
  }
  if (ceiling && upperOf(bracket) === ceiling) {
    const reason = `${stopped}the generator, not Kafka, was the limit from ${ceiling.value} ${variable} up (${ceiling.reason}): the knee is above ${good.value}`;
    return { knee: null, searchReason: reason };
  }
  if (!bad) {
    const reason = limitReached
      ? `${limitReached} before any value missed the SLO`
      : `all up to ${to} ${variable} met the SLO`;
    return kneeAt(search, slo, good.value, [good.value, null], reason);
  }
  const width = Math.round((100 * (bad.value - good.value)) / good.value);
  const reason = `${stopped}${good.value} ${variable} met the SLO, ${bad.value} did not (${width} % more): ${bad.reason}`;
  return kneeAt(search, slo, good.value, intervalOf(bracket, good.value, bad.value), reason);
}

/** Never narrower than the range from the largest good value to the smallest bad one. */
function intervalOf({ evidence }: Bracket, good: number, bad: number): [number, number] {
  const values = evidence.map(({ value }) => value);
  const range: [number, number] = [Math.min(...values) / 2, Math.max(...values) * 2];
  const [low, high] = credibleInterval(evidence, range, CONFIDENCE);
  return [round(Math.min(good, low)), round(Math.max(bad, high))];
}

function kneeAt(
  { variable }: Search,
  slo: Slo,
  value: number,
  interval: Knee["interval"],
  reason: string,
): { knee: Knee; searchReason: string } {
  return { knee: { variable, value, interval, confidence: CONFIDENCE, slo, reason }, searchReason: reason };
}

const round = (value: number) => Number(value.toPrecision(3));
