// The steps of a run by load: all trials of the same values together, with intervals.
import { mean, sampleVariance } from "simple-statistics";
import type { MeasuredStep, Run, Step } from "../contract/result.ts";
import { geometricMean } from "./compare/significance.ts";
import { perSec, stepsByValue, stepValues } from "./steps.ts";
import { studentQuantile } from "./studentT.ts";

/** Probability that an interval covers the value that further steps would approach. */
export const CONFIDENCE = 0.95;
/** With fewer steps of a load there is no interval. */
export const LEAST_STEPS_OF_INTERVAL = 3;

/** The mean of a value over the steps of a load. */
export interface Estimate {
  /** Geometric; arithmetic if a value is not above zero. */
  mean: number;
  /** null: too few steps, or a value that is not above zero. */
  interval: [number, number] | null;
}

/** All steps with the same values. */
export interface Load {
  /** "producers 200, acks all" */
  name: string;
  /** All steps, whatever their verdict. */
  steps: Step[];
  /** Those that say something about the broker. The estimates are theirs. */
  telling: MeasuredStep[];
  offeredPerSec: number | null;
  deliveredPerSec: number | null;
  /** ms. null: one of the steps has no such percentile, because too few messages were due or too many are missing. */
  p50: Estimate | null;
  p99: Estimate | null;
  p999: Estimate | null;
  lost: number;
  /** "2 ok, 1 slo-missed" */
  verdicts: string;
}

/** The loads of a run, in the order of their first step, or by the values if those are numbers of one option. */
export function loadsOf(run: Run): Load[] {
  const byName = new Map<string, Step[]>();
  for (const step of run.steps) {
    const name = stepValues(step);
    byName.set(name, [...(byName.get(name) ?? []), step]);
  }
  const telling = stepsByValue(run.steps);
  const loads = [...byName].map(([name, steps]) => loadOf(name, steps, telling.get(name) ?? []));
  const values = new Map(loads.map((load) => [load, onlyValue(load)]));
  if ([...values.values()].includes(undefined)) return loads;
  return loads.sort((a, b) => Number(values.get(a)) - Number(values.get(b)));
}

/** The value of a load that varies one number; undefined: it varies none, several, or a text. */
function onlyValue({ steps }: Load): number | undefined {
  const [value, ...others] = Object.values(steps[0]?.values ?? {});
  return typeof value === "number" && others.length === 0 ? value : undefined;
}

function loadOf(name: string, steps: Step[], telling: MeasuredStep[]): Load {
  const rate = (field: "offered" | "delivered") =>
    arithmeticMean(telling.map((step) => perSec(step[field], step)));
  return {
    name,
    steps,
    telling,
    offeredPerSec: rate("offered"),
    deliveredPerSec: rate("delivered"),
    p50: estimate(telling.map(({ latencyMs }) => latencyMs.p50)),
    p99: estimate(telling.map(({ latencyMs }) => latencyMs.p99)),
    p999: estimate(telling.map(({ latencyMs }) => latencyMs["p99.9"])),
    lost: telling.reduce((sum, step) => sum + step.lost, 0),
    verdicts: verdictsText(steps),
  };
}

function arithmeticMean(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length > 0 ? mean(numbers) : null;
}

function verdictsText(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of steps) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (steps.length === 1) return [...counts.keys()].join("");
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
}

/**
 * The geometric mean of a value over steps, with the 95 % confidence interval of Student's t on logarithms. The unit is the
 * step: messages of one step depend on each other, so that a single step has no interval.
 *
 * @returns null if there is no step, or if one of them has no value
 */
export function estimate(values: readonly (number | null)[]): Estimate | null {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0 || numbers.length < values.length) return null;
  const isPositive = numbers.every((value) => value > 0);
  const hasInterval = isPositive && numbers.length >= LEAST_STEPS_OF_INTERVAL;
  return { mean: geometricMean(numbers), interval: hasInterval ? intervalOf(numbers) : null };
}

function intervalOf(values: readonly number[]): [number, number] {
  const logarithms = values.map(Math.log);
  const middle = mean(logarithms);
  const error = Math.sqrt(sampleVariance(logarithms) / values.length);
  const half = studentQuantile((1 + CONFIDENCE) / 2, values.length - 1) * error;
  return [Math.exp(middle - half), Math.exp(middle + half)];
}
