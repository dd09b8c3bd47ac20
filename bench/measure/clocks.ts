// Clock errors of a step's latencies, from the timestamps that its tasks exchanged.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { MeasuredStep } from "../../contract/result.ts";
import { type ConsumerTotals, type ProducerTotals, sliceUs } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import { type OffsetLine, offsetAt, offsetLine } from "../exchange/offsetBounds.ts";

/** Relative error of a value from a histogram with three significant digits. */
const RESOLUTION = 0.0005;
/**
 * How much the medians of the same messages may differ beyond all known errors: two processes receive them, and wait for a
 * CPU at different times. On an overloaded machine this waiting is most of the latency, so the limit is a share of the larger
 * median (measured with a load of five per CPU: 14 and 27 ms).
 */
const TOLERANCE_MS = 1;
const TOLERANCE_SHARE = 0.5;
/** With fewer messages a median is not meaningful. */
const LEAST_OWN_MESSAGES = 30;

/** The clock measurements of a step, and the totals of its tasks. */
export interface StepClocks {
  /** Names of the tasks, in the order of `produced` and `consumed`. */
  producers: readonly string[];
  consumers: readonly string[];
  produced: readonly ProducerTotals[];
  consumed: readonly ConsumerTotals[];
  /** Findings of the runner about all agents. */
  runner: readonly Findings[];
  window: { fromUs: number; toUs: number };
}

type PairClock = MeasuredStep["clocks"]["pairs"][number];

/** Every pair of tasks whose clocks were compared: how far the clock of `to` is ahead of that of `from`. */
export function pairClocks(step: StepClocks): PairClock[] {
  const { fromUs, toUs } = step.window;
  // A consumer asks the producers whose messages it gets, so its findings are about the producer's clock: hence the sign.
  const pair = (findings: Findings, from: string, to: string, sign: 1 | -1): PairClock => {
    const line = offsetLine(findings, fromUs, toUs);
    return {
      from,
      to,
      sent: findings.sent,
      answered: findings.answered,
      offsetMs: line ? (sign * line.offsetUs) / 1_000 : null,
      boundMs: line ? line.boundUs / 1_000 : null,
      driftPpm: line ? sign * line.driftPpm : null,
      straight: line?.straight ?? null,
      minRttMs: findings.minRttUs === null ? null : findings.minRttUs / 1_000,
    };
  };
  return [
    ...step.consumed.flatMap(({ clocks }, index) =>
      clocks.map((findings) => pair(findings, findings.peer, step.consumers[index] as string, -1)),
    ),
    ...step.runner.map((findings) => pair(findings, "runner", findings.peer, 1)),
  ];
}

/**
 * Largest latency error that the clocks of a pair can cause within the measured time, in ms; null: unknown.
 *
 * @param seconds length of the measured time
 */
export function errorOfPair(
  { offsetMs, boundMs, driftPpm }: Pick<PairClock, "offsetMs" | "boundMs" | "driftPpm">,
  seconds: number,
): number | null {
  if (offsetMs === null) return null;
  return Math.abs(offsetMs) + (Math.abs(driftPpm ?? 0) * seconds) / 2_000 + (boundMs ?? 0);
}

/**
 * The latencies as they would be if consumers used the producers' clocks: each slice of each pair is shifted by the offset of
 * their clocks.
 *
 * @returns `boundMs`: the largest clock error of a corrected latency. undefined if the clocks of a pair with messages could
 * not be compared
 */
export function correctedLatency(
  step: StepClocks,
): { latency: LatencyHistogram; boundMs: number } | undefined {
  const { window } = step;
  const slice = sliceUs(window);
  const latency = new LatencyHistogram();
  let boundUs = 0;
  for (const { clocks, latencies } of step.consumed) {
    const lines = new Map(
      clocks.map((findings) => [findings.peer, offsetLine(findings, window.fromUs, window.toUs)]),
    );
    for (const entry of latencies) {
      const line = lines.get(step.producers[entry.source] as string);
      if (!line) return undefined;
      const us = offsetAt(line, window.fromUs + (entry.slice + 0.5) * slice);
      const measured = new LatencyHistogram();
      measured.addEncoded(entry.latency);
      latency.add(measured.shifted(us));
      boundUs = Math.max(boundUs, errorOf(line, slice, us));
    }
  }
  return { latency, boundMs: boundUs / 1_000 };
}

function errorOf({ boundUs, driftPpm }: OffsetLine, slice: number, shiftUs: number): number {
  return boundUs + (Math.abs(driftPpm) * slice) / 2e6 + RESOLUTION * Math.abs(shiftUs);
}

/**
 * Compares the latencies of messages that were timed twice: one way, by two clocks, and on the node that sent them, by one
 * clock. Without a clock error their medians agree.
 *
 * @param boundMs error bound of the clocks; null: unknown
 * @returns null if too few messages were timed
 */
export function sameNodeMetrics(
  { produced, consumed }: Pick<StepClocks, "produced" | "consumed">,
  boundMs: number | null,
): MeasuredStep["sameNode"] {
  const [own, oneWay] = [new LatencyHistogram(), new LatencyHistogram()];
  for (const { sameNode } of produced) if (sameNode !== null) own.addEncoded(sameNode);
  for (const { sameNode } of consumed) for (const { latency } of sameNode) oneWay.addEncoded(latency);
  if (Math.min(own.count, oneWay.count) < LEAST_OWN_MESSAGES) return null;
  const [ownMs, oneWayMs] = [own.percentileMs(50) as number, oneWay.percentileMs(50) as number];
  const larger = Math.max(ownMs, oneWayMs);
  const tolerance = Math.max(TOLERANCE_MS, TOLERANCE_SHARE * larger);
  const allowed = (boundMs ?? 0) + samplingError(own) + samplingError(oneWay) + tolerance;
  const total = consumed
    .flatMap(({ latencies }) => latencies)
    .reduce((sum, { latency }) => sum + countOf(latency), 0);
  return {
    share: total > 0 ? oneWay.count / total : 0,
    ownMs: own.distribution(),
    oneWayMs: oneWay.distribution(),
    differenceMs: oneWayMs - ownMs,
    boundMs: allowed,
    agrees: Math.abs(oneWayMs - ownMs) <= allowed,
  };
}

function countOf(encoded: string): number {
  const histogram = new LatencyHistogram();
  histogram.addEncoded(encoded);
  return histogram.count;
}

/** Half of the confidence interval of the median, in ms. */
function samplingError(histogram: LatencyHistogram): number {
  const [low, high] = histogram.medianIntervalMs() as [number, number];
  return (high - low) / 2;
}
