// What limited the load: the resources that were saturated in the steps around a knee.
import { type Limit, RESOURCES, type Saturated } from "../contract/resources.ts";
import { isMeasured, type MeasuredStep, type Run, type Step } from "../contract/result.ts";
import { meetsSlo } from "../contract/verdicts.ts";
import { amountText } from "./resourceText.ts";
import { varied } from "./series.ts";

/** A resource is named if it was saturated in at least this share of the trials of a value. */
const LEAST_SHARE = 0.5;

/**
 * What limited the load of a run that searched for a knee: beyond the knee, or without one beyond the largest value that met the
 * SLO. null: the run did not search, or has no measurements of its resources.
 */
export function limitOf(run: Pick<Run, "knee" | "bracket" | "steps" | "conditions">): Limit | null {
  const { knee, bracket, steps, conditions } = run;
  const { search } = conditions.benchmark as { search?: { variable?: unknown } };
  const variable = knee?.variable ?? bracket?.variable ?? search?.variable;
  if (typeof variable !== "string") return null;
  if (bracket && !knee) return limitAround(steps, variable, bracket.met);
  return limitAround(steps, variable, knee?.value ?? largestMet(steps, variable));
}

/**
 * What limited the load beyond a value: the resource that was saturated in at least half of the steps that missed the SLO just
 * above it, else in those further above, else at the value itself.
 *
 * @param met the largest value that met the SLO; null: none did
 * @returns null if no step has measurements of its resources, or if nothing missed the SLO and nothing was saturated
 */
export function limitAround(steps: readonly Step[], variable: string, met: number | null): Limit | null {
  const byValue = trialsByValue(steps, variable);
  const missedAbove = byValue
    .filter(([value]) => met === null || value > met)
    .map(([, trials]) => trials.filter((step) => !meetsSlo(step)))
    .filter((trials) => trials.length > 0);
  const atKnee = byValue.filter(([value]) => value === met).map(([, trials]) => trials);
  for (const trials of [...missedAbove, ...atKnee]) {
    const [first, ...others] = saturatedInMost(trials);
    if (first) return { resource: first.resource, text: limitText(first, others) };
  }
  if (missedAbove.length === 0) return null;
  const text = "none of the measured resources was saturated";
  const hasBrokers = missedAbove.flat().some(({ resources }) => (resources?.brokers ?? []).length > 0);
  return { resource: null, text: hasBrokers ? text : `${text}; the brokers were not measured` };
}

/** The measured steps that have metrics of their resources, by value, ascending. */
function trialsByValue(steps: readonly Step[], variable: string): [number, MeasuredStep[]][] {
  const byValue = new Map<number, MeasuredStep[]>();
  for (const step of steps) {
    const value = varied(step, variable);
    if (!isMeasured(step) || step.saturated === undefined || typeof value !== "number") continue;
    byValue.set(value, [...(byValue.get(value) ?? []), step]);
  }
  return [...byValue].sort(([a], [b]) => a - b);
}

function largestMet(steps: readonly Step[], variable: string): number | null {
  const met = steps
    .filter(meetsSlo)
    .map((step) => varied(step, variable))
    .filter((value) => typeof value === "number");
  return met.length > 0 ? Math.max(...met) : null;
}

/** The resources that were saturated in at least half of the trials, in the order of `RESOURCES`, each with its first entry. */
function saturatedInMost(trials: readonly MeasuredStep[]): Saturated[] {
  const counts = new Map<string, { entry: Saturated; count: number }>();
  for (const { saturated = [] } of trials) {
    const names = new Set<string>();
    for (const entry of saturated) {
      if (names.has(entry.resource)) continue;
      names.add(entry.resource);
      const counted = counts.get(entry.resource);
      counts.set(entry.resource, { entry: counted?.entry ?? entry, count: (counted?.count ?? 0) + 1 });
    }
  }
  const order = Object.keys(RESOURCES);
  return [...counts.values()]
    .filter(({ count }) => count >= LEAST_SHARE * trials.length)
    .sort((a, b) => order.indexOf(a.entry.resource) - order.indexOf(b.entry.resource))
    .map(({ entry }) => entry);
}

function limitText(first: Saturated, others: readonly Saturated[]): string {
  const notKafka = RESOURCES[first.resource].kafka ? "" : ", not Kafka";
  const also = others.map(({ resource }) => RESOURCES[resource].title).join(", ");
  return `the limit is ${first.text} (${amountText(first)})${notKafka}${also === "" ? "" : `; also saturated: ${also}`}`;
}
