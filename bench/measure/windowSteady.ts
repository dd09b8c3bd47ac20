// Whether the load was steady while it was measured. Evaluated once, at the end of the measured time.

import { slope as slopeOf } from "../../contract/trend.ts";
import type { Slo } from "../../contract/workload.ts";
import { mean, sum } from "./average.ts";
import { mannKendall, matters, type SteadyInput } from "./steady.ts";

/** Longer windows are divided into this many blocks, because the means of longer blocks depend less on each other. */
const MAX_BLOCKS = 20;
/** With fewer seconds, a slope has no useful standard error. */
const LEAST_SECONDS = 4;
/** Quantile 0.95 of Student's t for 1 to 18 degrees of freedom. Because of the allowed growth, false alarms are rarer than 1 in 20. */
const T_95 = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
  1.746, 1.74, 1.734,
];
/** A backlog that grows by at most this many messages in total does not count as growing, however regular the growth. */
const LEAST_GROWTH = 3;
/** Quantile 0.995 of the normal distribution: a trend, up or down, is found by chance once in a hundred steps. */
const Z_995 = 2.576;

/**
 * Whether the load was steady in the measured time, and why not:
 *
 * - the SLO's share of the offered messages was delivered in the same time, up to chance (three standard deviations of a Poisson
 *   count);
 * - the backlog did not grow by more than the SLO allows to be missing: one-sided t-test of the slope of the regression line,
 *   at 5 % (the rule of Theodolite, Henning and Hasselbring 2022, with a standard error);
 * - the median latency had no trend: test of Mann (1945) and Kendall (1948) at 1 %. Not in a soak, whose drift is a result of
 *   its own.
 *
 * @param seconds the measured seconds, in order
 */
export function windowSteadiness(
  seconds: readonly SteadyInput[],
  slo: Pick<Slo, "delivered">,
  soak = false,
): { steady: boolean; reason: string } {
  const reason =
    rateReason(seconds, slo) ?? backlogReason(seconds, slo) ?? (soak ? undefined : trendReason(seconds));
  return { steady: reason === undefined, reason: reason ?? `steady for ${seconds.length} s` };
}

function rateReason(seconds: readonly SteadyInput[], slo: Pick<Slo, "delivered">): string | undefined {
  const offered = sum(seconds.map((second) => second.offered));
  const delivered = sum(seconds.map((second) => second.delivered));
  if (delivered >= slo.delivered * offered - 3 * Math.sqrt(offered)) return undefined;
  return `${Math.round(delivered)} of ${offered} messages were delivered within the measured time`;
}

function backlogReason(seconds: readonly SteadyInput[], slo: Pick<Slo, "delivered">): string | undefined {
  if (seconds.length < LEAST_SECONDS) return undefined;
  const { size, means } = blocksOf(seconds.map(({ backlog }) => backlog));
  const { slope, error } = regression(means);
  const perSec = slope / size;
  const allowed = ((1 - slo.delivered) * sum(seconds.map(({ offered }) => offered))) / seconds.length;
  const critical = T_95[means.length - 3] as number;
  const isCertain = perSec - allowed > (critical * error) / size;
  if (!isCertain || perSec * seconds.length <= LEAST_GROWTH) return undefined;
  return `the backlog grew by ${formatted(perSec)} messages per second`;
}

function trendReason(seconds: readonly SteadyInput[]): string | undefined {
  const medians = seconds.map(({ p50Ms }) => p50Ms).filter((value) => value !== null);
  if (medians.length < LEAST_SECONDS + 1) return undefined; // too few to have a trend at 1 %
  const { means } = blocksOf(medians);
  const count = means.length;
  const s = mannKendall(means);
  const z = (Math.abs(s) - 1) / Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const part = Math.max(2, Math.floor(count / 4));
  const change = mean(means.slice(-part)) - mean(means.slice(0, part));
  // The normal approximation is too strict for five values, for which even a strict trend has a probability of 1 in 60.
  const isCertain = count < 6 ? Math.abs(s) === (count * (count - 1)) / 2 : z > Z_995;
  if (!isCertain || !matters(change, mean(means))) return undefined;
  return `the median latency ${change < 0 ? "fell" : "rose"} by ${Math.abs(change).toFixed(1)} ms`;
}

/** Means of consecutive blocks of equal length. Values at the beginning that fill no block are left out. */
function blocksOf(values: readonly number[]): { size: number; means: number[] } {
  const size = Math.ceil(values.length / MAX_BLOCKS);
  const count = Math.floor(values.length / size);
  const first = values.length - count * size;
  const means = Array.from({ length: count }, (_, index) =>
    mean(values.slice(first + index * size, first + (index + 1) * size)),
  );
  return { size, means };
}

/** The slope of the least-squares line through values at 0, 1, 2, …, and its standard error. */
function regression(values: readonly number[]): { slope: number; error: number } {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  const squares = sum(values.map((_, index) => (index - middle) ** 2));
  const slope = slopeOf(values);
  const residuals = sum(values.map((value, index) => (value - average - slope * (index - middle)) ** 2));
  return { slope, error: Math.sqrt(residuals / (values.length - 2) / squares) };
}

const formatted = (value: number) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
