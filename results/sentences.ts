// Sentences about the result of a run, for the report and the terminal.
import type { Run } from "../contract/result.ts";
import { formatNumber, variableText } from "../contract/text.ts";
import { meetsSlo } from "../contract/verdicts.ts";
import { limitOf } from "./limit.ts";
import { runWithSlo } from "./otherSlos.ts";

/** Variables that count things, so their value comes first: "500 producers". */
const COUNTED: readonly string[] = ["producers", "consumers", "partitions", "groups", "nodes"];

/** The SLO: "p99 latency at most 100 ms, at least 99.9 % of messages delivered, none lost". */
export function sloSentence({ slo }: Pick<Run, "slo">): string {
  const delivered = Number((100 * slo.delivered).toFixed(4));
  const lost = slo.lost === 0 ? "none lost" : `at most ${slo.lost} lost`;
  return `p99 latency at most ${slo.p99Ms} ms, at least ${delivered} % of messages delivered, ${lost}`;
}

/** A load as text: "500 producers", "messageBytes 1000", "rate 50 messages per second". */
export function loadText({ variable, value }: Pick<NonNullable<Run["knee"]>, "variable" | "value">): string {
  return withVariable(variable, formatNumber(value));
}

/** A range of loads as text: "480 and 620 producers", "rate 50 and 60 messages per second". */
export function loadRangeText(variable: string, low: number, high: number): string {
  return withVariable(variable, `${formatNumber(low)} and ${formatNumber(high)}`);
}

function withVariable(variable: string, amount: string): string {
  if (COUNTED.includes(variable)) return `${amount} ${variable}`;
  const [name, unit] = variableText(variable).split(", ");
  return unit === undefined ? `${name} ${amount}` : `${name} ${amount} ${unit}`;
}

/** The knee with its interval and what limited the load beyond it; without a knee, what is known about it and why there is none. */
export function kneeSentence(run: Run): string {
  const { knee, bracket, searchReason, verdict, steps, conditions } = run;
  const limit = limitOf(run);
  if (knee) {
    const [low, high] = knee.interval;
    const range =
      high === null
        ? "upper end not found"
        : `${Math.round(100 * knee.confidence)} % interval ${formatNumber(low)} to ${formatNumber(high)}`;
    const chance =
      knee.meetsSloChance === undefined
        ? ""
        : `, ${Math.round(100 * knee.meetsSloChance)} % chance to meet the SLO there`;
    const beyond = limit ? `; beyond that ${limit.text}` : "";
    return `knee: ${loadText(knee)} (${range}${chance})${beyond}; ${knee.reason}`;
  }
  const because = limit ? `; ${limit.text}` : "";
  if (bracket && bracket.met !== null) return `no knee: ${bracketText(bracket)}${because}; ${bracket.reason}`;
  if (searchReason) return `no knee: ${searchReason}${because}`;
  if (conditions.benchmark.search) return `no knee: the run has not finished (${verdict})`;
  const good = steps.filter(meetsSlo).length;
  return `${good} of ${steps.length} steps met the SLO; the run did not search for a knee`;
}

/** For each other SLO of the search, its knee or why there is none: "with a p99 latency of at most 10 ms: knee: …". */
export function otherKneeSentences(run: Run): string[] {
  return (run.otherKnees ?? []).map(
    (other) => `with a p99 latency of at most ${other.slo.p99Ms} ms: ${kneeSentence(runWithSlo(run, other))}`,
  );
}

/** What is known about a knee that was not found: "the SLO was met at 141 producers and missed at 200". */
export function bracketText({ variable, met, missed, generatorBound }: NonNullable<Run["bracket"]>): string {
  const outcomes = [
    met === null ? undefined : `met at ${loadText({ variable, value: met })}`,
    missed === null ? undefined : `missed at ${formatNumber(missed)}`,
  ].filter((text) => text !== undefined);
  const slo =
    outcomes.length > 0 ? `the SLO was ${outcomes.join(" and ")}` : "no value met or missed the SLO";
  return generatorBound === null
    ? slo
    : `${slo}; the generator was at its limit at ${formatNumber(generatorBound)}`;
}
