// Whether a load is carried: the end of a warm-up.
import { slope } from "../../contract/trend.ts";

/** One second of a step. */
export interface SteadyInput {
  offered: number;
  /** To a group. */
  delivered: number;
  /** Sent and not delivered yet, at the second's end. */
  backlog: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

/** Seconds that are looked at. */
export const STEADY_WINDOW = 5;

/** Share of the offered messages that the delivered ones may differ by. */
const RATE_TOLERANCE = 0.02;
/** Messages that the backlog may grow by, as a share of the offered ones. */
const BACKLOG_TOLERANCE = 0.01;
/** A trend of the median latency that is smaller than both of these matters to nobody. */
const TREND_MS = 0.5;
const TREND_SHARE = 0.1;
/** Of five values, |S| of 8 or 10 comes by chance in 1 of 12 cases (Kendall, "Rank Correlation Methods", 1948, table). */
const TREND_S = 8;

/**
 * Looks at the last {@link STEADY_WINDOW} seconds. Steady is a load of which as much is delivered as is offered, whose
 * backlog does not grow (as Theodolite judges by the trend of the lag; Henning and Hasselbring, 2022), and whose median
 * latency neither falls nor rises (test of Mann, 1945, and Kendall, 1948): while code is being compiled it falls, and in
 * an overload it rises.
 */
export function steadiness(seconds: readonly SteadyInput[]): { steady: boolean; reason: string } {
  if (seconds.length < STEADY_WINDOW)
    return { steady: false, reason: `only ${seconds.length} whole seconds` };
  const window = seconds.slice(-STEADY_WINDOW);
  const reason = rateReason(window) ?? backlogReason(window) ?? trendReason(window);
  return { steady: reason === undefined, reason: reason ?? `steady for ${STEADY_WINDOW} s` };
}

/**
 * Whether a step has warmed up for so long, s: from `min` on once it is steady, and at `max` at the latest; and while brokers are
 * cold, not before `brokers`.
 */
export function isWarm(
  warmUp: { min: number; max: number; brokers: number },
  now: { seconds: number; steady: boolean; cold: boolean },
): boolean {
  const { seconds, steady, cold } = now;
  const enough = (steady && seconds >= warmUp.min) || seconds >= warmUp.max;
  return enough && !(cold && seconds < warmUp.brokers);
}

function rateReason(window: readonly SteadyInput[]): string | undefined {
  const offered = total(window, "offered");
  const delivered = total(window, "delivered");
  if (offered === 0) return "nothing was offered";
  // At a few messages a second, one more or less is no sign of anything.
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
  if (medians.length < STEADY_WINDOW) return "there are seconds without a message";
  const s = mannKendall(medians);
  const change = mean(medians.slice(-2)) - mean(medians.slice(0, 2));
  const matters = Math.abs(change) > Math.max(TREND_MS, TREND_SHARE * mean(medians));
  if (Math.abs(s) < TREND_S || !matters) return undefined;
  return `the median latency ${change < 0 ? "falls" : "rises"} by ${Math.abs(change).toFixed(1)} ms in ${STEADY_WINDOW} s`;
}

/** The statistic S: pairs that rise, less pairs that fall. */
export function mannKendall(values: readonly number[]): number {
  let s = 0;
  for (const [index, value] of values.entries()) {
    for (const later of values.slice(index + 1)) s += Math.sign(later - value);
  }
  return s;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function total(window: readonly SteadyInput[], key: "offered" | "delivered"): number {
  return window.reduce((sum, second) => sum + second[key], 0);
}
