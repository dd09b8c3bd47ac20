// The result of a search, from all of its trials.
import type { Bracket, Knee } from "../../contract/result.ts";
import type { Search, SearchVariable, Slo } from "../../contract/workload.ts";
import {
  isGeneratorsLimit,
  isUndecidable,
  MAJORITY,
  type Range,
  rangeOf,
  UNCLEAR_TRIALS,
  upperOf,
} from "./bracket.ts";
import { isConfirmed } from "./confirm.ts";
import type { Evidence } from "./evidence.ts";
import type { Findings } from "./findings.ts";
import { CONFIDENCE, intervalOf } from "./placement.ts";

/** How a search ended: with a knee, or with a bracket. */
export interface SearchResult {
  knee: Knee | null;
  bracket: Bracket | null;
  searchReason: string;
}

/** The knee, or a bracket and why there is no knee. @param stopped which limit of the search was reached; undefined: none */
export function conclude(
  search: Search,
  slo: Slo,
  findings: Findings,
  stopped: string | undefined,
): SearchResult {
  const range = rangeOf(findings.range.evidence, MAJORITY);
  const majority = { ...findings, range };
  const why = noKneeReason(search, majority);
  const value = why === undefined ? kneeValue(search, majority) : undefined;
  if (value === undefined) {
    const reason = prefixed(stopped, why ?? notConfirmed(search, majority));
    return { knee: null, bracket: bracketOf(search.variable, range, reason), searchReason: reason };
  }
  const reason = kneeReason(search, majority, value, stopped);
  return { knee: kneeAt(search, slo, majority, value, reason), bracket: null, searchReason: reason };
}

/** What is known about a knee that was not found. */
export function bracketOf(
  variable: SearchVariable,
  { evidence }: Pick<Range, "evidence">,
  reason: string,
): Bracket {
  const { good, bad } = rangeOf(evidence, MAJORITY);
  const ceiling = evidence.find((each) => each.value > (good?.value ?? 0) && isGeneratorsLimit(each));
  return {
    variable,
    met: good?.value ?? null,
    missed: bad?.value ?? null,
    generatorBound: ceiling?.value ?? null,
    reason,
  };
}

/** Why there is no knee; undefined: there may be one. */
function noKneeReason(search: Search, { range, posterior, confirmations }: Findings): string | undefined {
  const { variable, from } = search;
  const { good, bad, ceiling } = range;
  const upper = upperOf(range);
  if (!good) return `no value met the SLO: at ${upper?.value ?? from} ${variable} ${failureText(upper)}`;
  const isBeyond = ceiling && (upper === ceiling || (bad && posterior().quantile(0.5) >= ceiling.value));
  if (!isBeyond || isConfirmed(confirmations)) return undefined;
  if (isGeneratorsLimit(ceiling))
    return `the generator, not Kafka, was the limit from ${ceiling.value} ${variable} up (${ceiling.reason}): the knee is above ${good.value}`;
  return `not decidable: ${good.value} ${variable} met the SLO, and at ${ceiling.value} ${failureText(ceiling)}`;
}

function failureText(evidence: Evidence | undefined): string {
  if (!evidence) return "nothing was tried";
  const { reason } = evidence;
  if (isUndecidable(evidence)) return `none of ${UNCLEAR_TRIALS} trials gave evidence (${reason})`;
  if (isGeneratorsLimit(evidence)) return `the generator was at its own limit (${reason})`;
  return `the SLO was missed (${reason})`;
}

function notConfirmed({ variable, confirm }: Search, { confirmations }: Findings): string {
  const values = confirmations.map(({ values }) => values[variable]);
  if (values.length === 0) return `not decidable: the trials contradict each other`;
  return `not decidable: no step of ${confirm} s confirmed a knee, at ${values.join(", ")} ${variable} (${confirmations.at(-1)?.reasons[0] ?? ""})`;
}

/**
 * The value that a long step confirmed. Without one: the largest value that met the SLO in most of its trials, is below all values
 * that a long step refuted, and is more likely to meet the SLO than not.
 */
function kneeValue({ variable }: Search, { range, posterior, confirmations }: Findings): number | undefined {
  const tried = confirmations.map(({ values }) => Number(values[variable]));
  if (isConfirmed(confirmations)) return tried.at(-1);
  const below = Math.min(...tried, Number.POSITIVE_INFINITY);
  const met = range.evidence.filter(({ value, met, missed }) => value < below && met > missed);
  if (!range.bad) return met.at(-1)?.value;
  return met.findLast(({ value }) => value <= posterior().quantile(0.5))?.value;
}

function kneeReason(
  { variable, to, confirm }: Search,
  { range, confirmations }: Findings,
  value: number,
  stopped: string | undefined,
): string {
  const confirmed = isConfirmed(confirmations) ? `; confirmed by a step of ${confirm} s` : "";
  const refuted = confirmations.length > 0 && confirmed === "" ? "; no long step has confirmed it" : "";
  const missed = range.evidence.find(
    (each) => each.value > value && each.missed > 0 && each.missed >= each.met,
  );
  if (!missed) {
    const reason = stopped
      ? `${stopped} before any value missed the SLO`
      : `all up to ${to} ${variable} met the SLO`;
    return `${reason}${confirmed}${refuted}`;
  }
  const width = Math.round((100 * (missed.value - value)) / value);
  const text = `${value} ${variable} met the SLO, ${missed.value} did not (${width} % more): ${missed.reason}`;
  return prefixed(stopped, `${text}${confirmed}${refuted}`);
}

function kneeAt(
  { variable, confirm }: Search,
  slo: Slo,
  { range, posterior, confirmations }: Findings,
  value: number,
  reason: string,
): Knee {
  const knee = { variable, value, confidence: CONFIDENCE, slo, reason };
  const confirmed = confirm === 0 ? {} : { confirmed: isConfirmed(confirmations) };
  if (!range.bad) return { ...knee, ...confirmed, interval: [value, null] };
  const [low, high] = intervalOf(posterior());
  return {
    ...knee,
    ...confirmed,
    interval: [Math.min(value, round(low)), Math.max(value, round(high))],
    meetsSloChance: Number(posterior().chanceToMeet(value).toFixed(2)),
  };
}

function prefixed(stopped: string | undefined, text: string): string {
  return stopped ? `${stopped}; ${text}` : text;
}

const round = (value: number) => Number(value.toPrecision(3));
