// The log checks of a run (`benchmark.logCheck`) as a sentence, and the largest deviations as text.
import type { LogCheckResult } from "../contract/logCheck.ts";
import { measuredSteps, type Run } from "../contract/result.ts";

/** Number of partitions and of producers that a text names. */
const MAX_NAMED = 5;

type Count = "sent" | "missing" | "unacked" | "duplicated" | "reordered" | "unrecorded" | "deleted";

/** The totals of all checked steps: "log check of 3 steps: 900 messages sent, none acknowledged and missing, …". undefined: none was checked. */
export function logCheckSentence(run: Pick<Run, "steps">): string | undefined {
  const checks = measuredSteps(run).flatMap(({ logCheck }) => logCheck ?? []);
  if (checks.length === 0) return undefined;
  const total = (count: Count) => checks.reduce((sum, check) => sum + check[count], 0);
  const some = (count: Count) => total(count) || "none";
  const unclean = measuredSteps(run).reduce((sum, step) => sum + (step.uncleanElections ?? 0), 0);
  const rare = [
    total("unrecorded") > 0 ? `, ${total("unrecorded")} that no producer recorded` : "",
    total("deleted") > 0 ? `; ${total("deleted")} offsets were deleted before the check` : "",
    unclean > 0 ? `; ${unclean} unclean leader elections, after which messages may be missing` : "",
  ];
  return `log check of ${checks.length} ${checks.length === 1 ? "step" : "steps"}: ${total("sent")} messages sent, ${some("missing")} acknowledged and missing, ${some("unacked")} not acknowledged but in the log, ${some("duplicated")} duplicated, ${some("reordered")} out of order${rare.join("")}`;
}

/** Which producers and partitions deviate, the first of each: "producer 3: 2 missing (7-8)". Empty: none. */
export function deviationTexts(check: LogCheckResult): string[] {
  const producers = check.producers.map(({ producer, missingSequences, ...counts }) => {
    const ranges = missingSequences.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
    return `producer ${producer}: ${countsText(counts)}${ranges.length > 0 ? ` (missing: ${ranges.join(", ")})` : ""}`;
  });
  const partitions = check.partitions.map(
    ({ topic, partition, ...counts }) => `${topic}, partition ${partition}: ${countsText(counts)}`,
  );
  return [
    ...named(producers, check.producersLeftOut, "producers"),
    ...named(partitions, check.partitionsLeftOut, "partitions"),
  ];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name === "unacked" ? "not acknowledged" : name}`)
    .join(", ");
}

function named(texts: readonly string[], leftOut: number, what: string): string[] {
  const more = texts.length - MAX_NAMED + leftOut;
  return more > 0 ? [...texts.slice(0, MAX_NAMED), `${more} more ${what}: see run.json`] : [...texts];
}
