// What a step's exchange of timestamps says of its latencies: plain functions.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { MeasuredStep } from "../../contract/result.ts";
import { type ConsumerTotals, type ProducerTotals, sliceUs } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import { type OffsetLine, offsetAt, offsetLine } from "../exchange/offsetBounds.ts";

/** A histogram of three digits tells a value to half of a thousandth. */
const RESOLUTION = 0.0005;
/**
 * What the medians of the same messages may differ by, beyond all that is known: they are received by two processes that
 * wait for a CPU at other times. Where CPUs are short that waiting is most of the latency, so a share of the larger counts (on
 * a machine with a load of five a CPU: 14 and 27 ms).
 */
const TOLERANCE_MS = 1;
const TOLERANCE_SHARE = 0.5;
/** With fewer messages a median tells nothing. */
const LEAST_OWN_MESSAGES = 30;

export interface StepClocks {
  /** Names of the tasks, in the order of the totals. */
  producers: readonly string[];
  consumers: readonly string[];
  produced: readonly ProducerTotals[];
  consumed: readonly ConsumerTotals[];
  /** The runner's own, of all agents. */
  runner: readonly Findings[];
  window: { fromUs: number; toUs: number };
}

type PairClock = MeasuredStep["clocks"]["pairs"][number];

/** Every pair whose clocks were compared: how far `to`'s clock is ahead of `from`'s. */
export function pairClocks(step: StepClocks): PairClock[] {
  const { fromUs, toUs } = step.window;
  // Who asks is the client; a consumer asks the producers, whose messages it gets.
  const pair = (found: Findings, from: string, to: string, sign: 1 | -1): PairClock => {
    const line = offsetLine(found, fromUs, toUs);
    return {
      from,
      to,
      sent: found.sent,
      answered: found.answered,
      offsetMs: line ? (sign * line.offsetUs) / 1_000 : null,
      boundMs: line ? line.boundUs / 1_000 : null,
      driftPpm: line ? sign * line.driftPpm : null,
      straight: line?.straight ?? null,
      minRttMs: found.minRttUs === null ? null : found.minRttUs / 1_000,
    };
  };
  return [
    ...step.consumed.flatMap(({ clocks }, index) =>
      clocks.map((found) => pair(found, found.peer, step.consumers[index] as string, -1)),
    ),
    ...step.runner.map((found) => pair(found, "runner", found.peer, 1)),
  ];
}

/** What a pair's clocks can have made a latency wrong by, ms, at the worse end of so many seconds; null: not known. */
export function errorOfPair(
  { offsetMs, boundMs, driftPpm }: Pick<PairClock, "offsetMs" | "boundMs" | "driftPpm">,
  seconds: number,
): number | null {
  if (offsetMs === null) return null;
  return Math.abs(offsetMs) + (Math.abs(driftPpm ?? 0) * seconds) / 2_000 + (boundMs ?? 0);
}

/**
 * The latencies as they would be if consumers read the producers' clocks: each slice of each pair moved by their offset.
 *
 * @returns undefined where the clocks of a pair that has messages could not be compared. `boundMs`: no corrected latency is
 * wrong by more, as far as clocks go
 */
export function correctedLatency(
  step: StepClocks,
): { latency: LatencyHistogram; boundMs: number } | undefined {
  const { window } = step;
  const slice = sliceUs(window);
  const latency = new LatencyHistogram();
  let boundUs = 0;
  for (const { clocks, latencies } of step.consumed) {
    const lines = new Map(clocks.map((found) => [found.peer, offsetLine(found, window.fromUs, window.toUs)]));
    for (const part of latencies) {
      const line = lines.get(step.producers[part.source] as string);
      if (!line) return undefined;
      const us = offsetAt(line, window.fromUs + (part.slice + 0.5) * slice);
      const measured = new LatencyHistogram();
      measured.addEncoded(part.latency);
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
 * The same messages timed twice: one way, by two clocks, and on the node that sent them, by one. Without an error of the
 * clocks their medians are alike.
 *
 * @param boundMs what the clocks are known to; null: not known
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
  const all = consumed
    .flatMap(({ latencies }) => latencies)
    .reduce((sum, { latency }) => sum + countOf(latency), 0);
  return {
    share: all > 0 ? oneWay.count / all : 0,
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

/** Half of the median's interval. */
function samplingError(histogram: LatencyHistogram): number {
  const [low, high] = histogram.medianIntervalMs() as [number, number];
  return (high - low) / 2;
}
