// Clock errors of a step's latencies, from the timestamps that its tasks exchanged.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { MeasuredStep } from "../../contract/result.ts";
import { type ConsumerTotals, type ProducerTotals, sliceUs } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import { offsetLine, offsetWithin } from "../exchange/offsetBounds.ts";

/** Relative error of a value from a histogram with three significant digits. */
const RESOLUTION = 0.0005;
/** Latencies are corrected by an offset that is more than this many times its bound. */
const CORRECTED_FROM = 2;
/**
 * How much the medians of the same messages may differ beyond all known errors, because two processes receive them and wait for
 * a CPU at different times. On an overloaded machine this wait is most of the latency, so the limit is a share of the larger
 * median (measured with a load average of five per CPU: 14 and 27 ms).
 */
const TOLERANCE_MS = 1;
const TOLERANCE_SHARE = 0.5;
/** With fewer messages, a median is not meaningful. */
const LEAST_OWN_MESSAGES = 30;

/** The clock measurements of a step, and the totals of its tasks. */
export interface StepClocks {
  /** Names of the tasks, in the order of `produced` and `consumed`. */
  producers: readonly string[];
  consumers: readonly string[];
  produced: readonly ProducerTotals[];
  consumed: readonly ConsumerTotals[];
  /** The runner's findings about the clocks of all agents. */
  runner: readonly Findings[];
  /** By task, or `runner`, the machine whose clock it reads. Absent for a clock with a deliberate fault. */
  machines: ReadonlyMap<string, string>;
  window: { fromUs: number; toUs: number };
}

type PairClock = MeasuredStep["clocks"]["pairs"][number];

/**
 * Whether two tasks read the clock of the same machine, so that their offset is 0. They differ only while one task has noticed a
 * step of that clock and the other has not, by no more than the steps that the exchange saw.
 */
function shareClock({ machines }: StepClocks, from: string, to: string): boolean {
  const machine = machines.get(from);
  return machine !== undefined && machine === machines.get(to);
}

/** Every pair of tasks whose clocks were compared: how far the clock of `to` is ahead of that of `from`. */
export function pairClocks(step: StepClocks): PairClock[] {
  const { fromUs, toUs } = step.window;
  // Consumers probe producers, so a consumer's findings are about the producer's clock. The sign turns them around.
  const pair = (findings: Findings, from: string, to: string, sign: 1 | -1): PairClock => {
    const line = shareClock(step, from, to)
      ? { offsetUs: 0, boundUs: findings.steppedUs, driftPpm: 0, straight: true }
      : offsetLine(findings.cells, fromUs, toUs);
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
 * their clocks, if that is more than twice its bound. A smaller shift could make them worse, so a smaller offset counts as
 * error.
 *
 * @returns `boundMs`: the largest clock error of a corrected latency. undefined if the clocks of a pair with messages could
 * not be compared
 */
export function correctedLatency(
  step: StepClocks,
): { latency: LatencyHistogram; boundMs: number } | undefined {
  const latency = new LatencyHistogram();
  let boundUs = 0;
  for (const [index, { clocks, latencies }] of step.consumed.entries()) {
    const findings = new Map(clocks.map((each) => [each.peer, each]));
    for (const entry of latencies) {
      const producer = step.producers[entry.source] as string;
      const measured = new LatencyHistogram();
      measured.addEncoded(entry.latency);
      const bounds = shareClock(step, producer, step.consumers[index] as string)
        ? sharedBounds(findings.get(producer))
        : offsetWithin(findings.get(producer)?.cells ?? [], ...receivedWithin(step, entry.slice, measured));
      if (!bounds) return undefined;
      const { shiftUs, errorUs } = correctionOf(bounds);
      latency.add(shiftUs === 0 ? measured : measured.shifted(shiftUs));
      boundUs = Math.max(boundUs, errorUs);
    }
  }
  return { latency, boundMs: boundUs / 1_000 };
}

/** The period in which the messages of a slice were received, by the consumer's clock, µs: intended times plus latencies. */
function receivedWithin({ window }: StepClocks, slice: number, latency: LatencyHistogram): [number, number] {
  const length = sliceUs(window);
  const fromUs = window.fromUs + slice * length;
  const [least, most] = [0, 100].map((percent) => (latency.percentileMs(percent) ?? 0) * 1_000) as [
    number,
    number,
  ];
  return [fromUs + least, fromUs + length + most];
}

function sharedBounds(findings: Findings | undefined): { lowUs: number; highUs: number } {
  const steppedUs = findings?.steppedUs ?? 0;
  return { lowUs: -steppedUs, highUs: steppedUs };
}

/** By how much to shift latencies, and the remaining error. */
function correctionOf({ lowUs, highUs }: { lowUs: number; highUs: number }): {
  shiftUs: number;
  errorUs: number;
} {
  const [offsetUs, boundUs] = [(lowUs + highUs) / 2, (highUs - lowUs) / 2];
  if (Math.abs(offsetUs) <= CORRECTED_FROM * boundUs)
    return { shiftUs: 0, errorUs: Math.abs(offsetUs) + boundUs };
  return { shiftUs: offsetUs, errorUs: boundUs + RESOLUTION * Math.abs(offsetUs) };
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
