// Hysteresis of a sweep whose load goes up and down again: where it breaks on the way up, and where it is good again on the way
// down. A system that only meets the SLO again at a much smaller load than the one that broke it is in a metastable state: Bronson,
// Aghayev, Charapko and Zhu, "Metastable Failures in Distributed Systems" (HotOS 2021).
import type { Run, Step } from "../contract/result.ts";
import { formatNumber, variableText } from "../contract/text.ts";
import { verdictOf } from "../contract/verdicts.ts";
import { SEARCH_VARIABLES } from "../contract/workload.ts";

/** The way up and down of a sweep. */
export interface Hysteresis {
  variable: string;
  /** The largest value below `brokeAt` that met the SLO on the way up; null: none did. */
  goodUpTo: number | null;
  /** The smallest value that missed the SLO on the way up; null: none did. */
  brokeAt: number | null;
  /** The largest value that met the SLO on the way down, as all smaller ones did; null: none did. */
  goodAgainAt: number | null;
  /** Steps of the two ways that are no evidence. */
  unclear: number;
}

interface Point {
  value: number;
  evidence: "met" | "missed" | "generator" | "unclear";
}

/**
 * The hysteresis of a sweep of one load variable; undefined if its values do not rise to a largest one and fall again, with at least
 * one value on both ways. The peak belongs to the way up.
 */
export function hysteresisOf({ steps }: Pick<Run, "steps">): Hysteresis | undefined {
  const sweep = steps.filter(({ phase }) => phase === "sweep");
  const variable = onlyVariable(sweep);
  if (variable === undefined) return undefined;
  const points = sweep.map(
    (step): Point => ({ value: loadOf(step, variable), evidence: verdictOf(step).evidence }),
  );
  const values = points.map(({ value }) => value);
  const peak = values.indexOf(Math.max(...values));
  const [up, down] = [points.slice(0, peak + 1), points.slice(peak + 1)];
  if (up.length < 2 || !isRising(up) || !isRising([...down.toReversed(), ...up.slice(-1)])) return undefined;
  if (!down.some(({ value }) => up.some((each) => each.value === value))) return undefined;
  const brokeAt = up.find(({ evidence }) => evidence === "missed")?.value ?? null;
  const below = up.filter(
    ({ value, evidence }) => evidence === "met" && (brokeAt === null || value < brokeAt),
  );
  const lastBad = down.findLastIndex(({ evidence }) => evidence === "missed");
  const again = down.slice(lastBad + 1).find(({ evidence }) => evidence === "met");
  return {
    variable,
    goodUpTo: below.at(-1)?.value ?? null,
    brokeAt,
    goodAgainAt: again?.value ?? null,
    unclear: points.filter(({ evidence }) => evidence !== "met" && evidence !== "missed").length,
  };
}

/** The one variable of all steps, if a larger value of it is a heavier load. */
function onlyVariable(steps: readonly Step[]): string | undefined {
  const names = new Set(steps.flatMap(({ values }) => Object.keys(values)));
  const [name] = names;
  if (names.size !== 1 || name === undefined || !(SEARCH_VARIABLES as readonly string[]).includes(name))
    return undefined;
  return steps.every((step) => typeof loadOf(step, name) === "number") ? name : undefined;
}

const loadOf = (step: Step, variable: string) =>
  (step.values as Record<string, number | string | undefined>)[variable] as number;

function isRising(points: readonly Point[]): boolean {
  return points.every(({ value }, index) => index === 0 || value > (points[index - 1] as Point).value);
}

/** "up and down: missed the SLO from 800 producers on, good again at 200 on the way down"; undefined: the sweep does not go down. */
export function hysteresisSentence(run: Pick<Run, "steps">): string | undefined {
  const found = hysteresisOf(run);
  if (!found) return undefined;
  const { variable, goodUpTo, brokeAt, goodAgainAt, unclear } = found;
  const name = variableText(variable);
  const rest = unclear > 0 ? `; ${unclear} steps are no evidence` : "";
  if (brokeAt === null)
    return `load up and down again (${name}): no value missed the SLO on the way up${rest}`;
  const up = `missed the SLO at ${formatNumber(brokeAt)} on the way up`;
  const good = goodUpTo === null ? "" : ` (met it up to ${formatNumber(goodUpTo)})`;
  if (goodAgainAt === null)
    return `load up and down again (${name}): ${up}${good}, and was not good again on the way down: it stays broken although the load is gone${rest}`;
  const same = goodUpTo !== null && goodAgainAt >= goodUpTo;
  const meaning = same
    ? "no hysteresis: it recovered as soon as the load was back where it had been good"
    : "hysteresis: it needs a smaller load to recover than it carried before";
  return `load up and down again (${name}): ${up}${good}, good again at ${formatNumber(goodAgainAt)} on the way down; ${meaning}${rest}`;
}
