// When a warm-up ends: once the load is steady. windowSteady.ts evaluates separately whether it was steady while measured.
import type { Second } from "../../contract/result.ts";
import { slope } from "../../contract/trend.ts";
import { mean } from "./average.ts";

/** The fields of a second that the checks for a steady load need. */
export interface SteadyInput {
  offered: number;
  /** Deliveries per consumer group. */
  delivered: number;
  /** Messages sent and not delivered at the end of the second. */
  backlog: number;
  p50Ms: number | null;
}

/** The inputs of the checks for a steady load. @param groups number of consumer groups; each gets every message */
export function steadyInputs(
  seconds: readonly Pick<Second, "offered" | "delivered" | "backlog" | "latencyMs">[],
  groups: number,
): SteadyInput[] {
  return seconds.map(({ offered, delivered, backlog, latencyMs }) => ({
    offered,
    delivered: delivered / groups,
    backlog,
    p50Ms: latencyMs.p50,
  }));
}

/** Number of seconds that the check uses. */
export const STEADY_WINDOW = 5;

/** Allowed difference between offered and delivered messages, as a share of the offered ones. */
const RATE_TOLERANCE = 0.02;
/** Allowed growth of the backlog, as a share of the offered messages. */
const BACKLOG_TOLERANCE = 0.01;
/** A trend of the median latency counts only if it exceeds both of these: a time in ms, and a share of the latency. */
const TREND_MS = 0.5;
const TREND_SHARE = 0.1;
/** For five values without a trend, |S| is 8 or 10 in 1 of 12 cases (table in Kendall, "Rank Correlation Methods", 1948). */
const TREND_S = 8;

/**
 * Whether the load was steady in the last {@link STEADY_WINDOW} seconds, and why not: as much was delivered as was offered,
 * the backlog did not grow (Theodolite uses the trend of the lag likewise; Henning and Hasselbring, 2022), and the median
 * latency neither fell nor rose (test of Mann, 1945, and Kendall, 1948). It falls during JIT warm-up and rises under overload.
 */
export function steadiness(seconds: readonly SteadyInput[]): { steady: boolean; reason: string } {
  if (seconds.length < STEADY_WINDOW)
    return { steady: false, reason: `only ${seconds.length} whole seconds` };
  const window = seconds.slice(-STEADY_WINDOW);
  const reason = rateReason(window) ?? backlogReason(window) ?? trendReason(window);
  return { steady: reason === undefined, reason: reason ?? `steady for ${STEADY_WINDOW} s` };
}

/**
 * Whether the warm-up of a step is over: once the load is steady, but not before `min`, and at `max` at the latest. While the
 * JIT compilers of the brokers are busy, it continues until `brokers`. All in s.
 */
export function isWarm(
  warmUp: { min: number; max: number; brokers: number },
  now: { seconds: number; steady: boolean; jitBusy: boolean },
): boolean {
  const { seconds, steady, jitBusy } = now;
  const enough = (steady && seconds >= warmUp.min) || seconds >= warmUp.max;
  return enough && !(jitBusy && seconds < warmUp.brokers);
}

function rateReason(window: readonly SteadyInput[]): string | undefined {
  const offered = total(window, "offered");
  const delivered = total(window, "delivered");
  // At a few messages per second, single messages are only chance.
  const allowed = Math.max(RATE_TOLERANCE * offered, 3 * Math.sqrt(offered));
  if (Math.abs(delivered - offered) <= allowed) return undefined;
  return `${Math.round(delivered)} of ${offered} messages were delivered in the last ${STEADY_WINDOW} s`;
}

function backlogReason(window: readonly SteadyInput[]): string | undefined {
  const backlogs = window.map(({ backlog }) => backlog);
  const perSec = slope(backlogs);
  const offeredPerSec = total(window, "offered") / STEADY_WINDOW;
  const allowed = Math.max(BACKLOG_TOLERANCE * offeredPerSec, Math.sqrt(offeredPerSec));
  if (perSec <= allowed || mannKendall(backlogs) < TREND_S) return undefined;
  return `the backlog grows by ${Math.round(perSec)} messages per second`;
}

function trendReason(window: readonly SteadyInput[]): string | undefined {
  const medians = window.map(({ p50Ms }) => p50Ms).filter((value) => value !== null);
  if (medians.length < STEADY_WINDOW) return undefined; // too few messages for a latency in every second: only counts can be checked
  const s = mannKendall(medians);
  const change = mean(medians.slice(-2)) - mean(medians.slice(0, 2));
  if (Math.abs(s) < TREND_S || !matters(change, mean(medians))) return undefined;
  return `the median latency ${change < 0 ? "falls" : "rises"} by ${Math.abs(change).toFixed(1)} ms in ${STEADY_WINDOW} s`;
}

/** The statistic S of Mann and Kendall: the number of rising pairs minus the number of falling ones. */
export function mannKendall(values: readonly number[]): number {
  let s = 0;
  for (const [index, value] of values.entries()) {
    for (const later of values.slice(index + 1)) s += Math.sign(later - value);
  }
  return s;
}

/** Whether a change of the median latency is large enough to count as a trend. @param changeMs may be negative */
export function matters(changeMs: number, meanMs: number): boolean {
  return Math.abs(changeMs) > Math.max(TREND_MS, TREND_SHARE * meanMs);
}

function total(window: readonly SteadyInput[], key: "offered" | "delivered"): number {
  return window.reduce((sum, second) => sum + second[key], 0);
}
