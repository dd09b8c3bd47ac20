// What faults did to the service: how long partitions acknowledged nothing, when the latency was good again, and how far
// messages piled up. Computed from what producers recorded and from the seconds of the step, because faults are executed by
// neither producers nor consumers.
import type { FaultRecord } from "../contract/faults.ts";
import type { FaultRecovery, PartitionGaps } from "../contract/recovery.ts";
import { isMeasured, type MeasuredStep, type Second, type Step } from "../contract/result.ts";
import type { Slo } from "../contract/workload.ts";
import { type SecondsMerged, spanOf } from "./thinned.ts";

/** The latency is good again once it was good in this many seconds in a row. */
const GOOD_SECONDS = 3;
/** What was normal before a fault is the median of at most this many measured seconds. A step's first fault is at least as late. */
const SECONDS_BEFORE = 5;
/** If the p99 before a fault was above that of the SLO, it is good again below this many times that p99. */
const TIMES_BEFORE = 2;
/** The share of a second's messages that a p99 allows to be later. */
const SHARE_ABOVE_P99 = 0.01;
/** The resolution of the seconds of a step, s. */
const SECOND = 1;

/** A fault that began. */
type ActiveFault = FaultRecord & { startedAt: number };

/** The times of a fault, s since 1970. */
interface Times {
  start: number;
  end: number;
  /** When the next fault began; infinity: there was none. */
  next: number;
  /** The next fault, or the end of the load: what is seen later says nothing about this fault. */
  until: number;
  /** By how much `start` and `end` may be wrong, clocks included. */
  uncertain: number;
}

/** A second with the messages that were due and not delivered at its end. */
interface BacklogSecond extends Second {
  waiting: number;
}

/**
 * The step with what each of its faults did ({@link FaultRecovery}). Steps without faults stay as they are, and so do those whose
 * seconds were thinned for the live page (thinned.ts): that needs more than half an hour.
 */
export function withRecovery(step: Step, slo: Slo): Step {
  if (!isMeasured(step)) return step;
  const began = (step.faults ?? []).filter((fault): fault is ActiveFault => fault.startedAt !== null);
  if (began.length === 0 || step.seconds.length === 0) return step;
  if (step.seconds.some((second: SecondsMerged) => spanOf(second) > 1)) return step;
  const seconds = withWaiting(step);
  const recovery = began.map((fault) => recoveryOf(step, seconds, timesOf(step, began, fault), fault, slo));
  return { ...step, recovery };
}

function recoveryOf(
  step: MeasuredStep,
  seconds: readonly BacklogSecond[],
  times: Times,
  { number }: ActiveFault,
  slo: Slo,
): FaultRecovery {
  const before = seconds
    .filter(({ at, measured }) => measured && at + SECOND <= times.start)
    .slice(-SECONDS_BEFORE);
  const waitingBefore = Math.max(0, middleOf(before.map(({ waiting }) => waiting)) ?? 0);
  // Messages that the step never delivers stay in the count, but not in what is awaited.
  const never = step.drainSeconds === null ? 0 : Math.max(0, seconds.at(-1)?.waiting ?? 0);
  return {
    fault: number,
    observedSec: Math.max(0, times.until - times.end),
    unavailable: unavailability(step, times),
    latency: latencyRecovery(seconds, times, limitOf(before, slo), waitingBefore + never),
    backlog: backlogRecovery(seconds, times, waitingBefore, never),
  };
}

function timesOf(step: MeasuredStep, faults: readonly ActiveFault[], fault: ActiveFault): Times {
  const start = fault.startedAt / 1_000;
  const later = faults.map(({ startedAt }) => startedAt / 1_000).filter((at) => at > start);
  const next = Math.min(Number.POSITIVE_INFINITY, ...later);
  return {
    start,
    end: Math.max(start, (fault.endedAt ?? fault.startedAt) / 1_000),
    next,
    until: Math.min(endOfLoad(step), next),
    uncertain: ((fault.uncertainMs ?? 0) + clockErrorMs(step)) / 1_000,
  };
}

/** The end of the last second in which messages were due, s since 1970. */
function endOfLoad({ seconds }: MeasuredStep): number {
  const last = seconds.findLast(({ offered }) => offered > 0);
  return last ? last.at + SECOND : 0;
}

/** How far the clocks of the agents are from the runner's, at most. The clock that timed a fault is taken to be no worse. */
function clockErrorMs({ clocks }: MeasuredStep): number {
  return Math.max(
    0,
    ...clocks.pairs
      .filter(({ from }) => from === "runner")
      .map(({ offsetMs, boundMs }) => Math.abs(offsetMs ?? 0) + (boundMs ?? 0)),
  );
}

function withWaiting({ seconds }: MeasuredStep): BacklogSecond[] {
  let unsent = 0;
  return seconds.map((second) => {
    unsent += second.offered - second.sent;
    return { ...second, waiting: second.backlog + unsent };
  });
}

/**
 * For each partition, the longest time without an acknowledgement that overlaps the time in which the fault acted, up to the first
 * acknowledgement of a message that was due after its start. If the fault acts at once, as when a broker is killed, it begins with
 * the fault. A broker that is stopped in order goes on to serve for a moment.
 */
function unavailability(step: MeasuredStep, times: Times): FaultRecovery["unavailable"] {
  const { ackGaps = [], offered, durationSeconds } = step;
  if (ackGaps.length === 0) return null;
  const betweenMs = offered > 0 ? (1_000 * durationSeconds * ackGaps.length) / offered : 0;
  const resolutionMs = Math.max(betweenMs, ...ackGaps.map(({ droppedMs }) => droppedMs));
  const fromMs = 1_000 * (times.start - times.uncertain);
  // Shortly before the load ends, no further message is due. Messages that waited for the fault to end may be answered after it.
  const toMs = Math.min(1_000 * (times.end + times.uncertain), 1_000 * endOfLoad(step) - 2 * resolutionMs);
  const waits = ackGaps.map((gaps) => longestWaitMs(gaps, fromMs, Math.max(fromMs, toMs)));
  const known = waits.filter((wait) => wait !== null).sort((a, b) => a - b);
  const notAgain = waits.length - known.length;
  return {
    partitions: waits.length,
    notAgain,
    longestSec: notAgain > 0 ? null : (known.at(-1) as number) / 1_000,
    medianSec: medianOf(known, waits.length),
    uncertainSec: times.uncertain + (resolutionMs + 1) / 1_000, // gaps are in whole ms
  };
}

/** null: nothing was acknowledged after `toMs`. */
function longestWaitMs(
  { gaps, latestMs, droppedMs }: PartitionGaps,
  fromMs: number,
  toMs: number,
): number | null {
  if (latestMs < toMs) return null;
  return gaps
    .filter(([from, to]) => from <= toMs && to >= fromMs)
    .reduce((most, [from, , acked]) => Math.max(most, acked - Math.max(from, fromMs)), droppedMs);
}

/** The median in s of values in ascending order, of which those that are missing are the largest; null: it is one of those. */
function medianOf(values: readonly number[], count: number): number | null {
  const [low, high] = [values[Math.ceil(count / 2) - 1], values[Math.floor(count / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2_000;
}

/** The median; of an even number of values, the upper one of the two in the middle. undefined: there are none. */
const middleOf = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

type Limit = Pick<FaultRecovery["latency"], "limitMs" | "limitOf">;

function limitOf(before: readonly Second[], { p99Ms }: Slo): Limit {
  const usual = middleOf(before.map(({ latencyMs }) => latencyMs.p99).filter((p99) => p99 !== null)) ?? 0;
  return usual <= p99Ms
    ? { limitMs: p99Ms, limitOf: "slo" }
    : { limitMs: TIMES_BEFORE * usual, limitOf: "before" };
}

/**
 * When the latency was good again. A second is good if the p99 of the messages that arrived in it is within the limit, and no more
 * messages wait than such a p99 allows: while one of three partitions is away, those that arrive from the others look fast.
 *
 * @param allowed number of waiting messages that is normal
 */
function latencyRecovery(
  seconds: readonly BacklogSecond[],
  { start, end, next, until, uncertain }: Times,
  limit: Limit,
  allowed: number,
): FaultRecovery["latency"] {
  const shown = seconds.filter(({ at, offered }) => offered > 0 && at + SECOND <= until);
  const isGood = ({ delivered, offered, latencyMs: { p99 }, waiting }: BacklogSecond) =>
    delivered > 0 &&
    p99 !== null &&
    p99 <= limit.limitMs &&
    waiting <= allowed + offered * (limit.limitMs / 1_000 + SHARE_ABOVE_P99);
  const goodFrom = (from: number) =>
    shown.find(
      ({ at }, index) =>
        at + SECOND > from &&
        index + GOOD_SECONDS <= shown.length &&
        shown.slice(index, index + GOOD_SECONDS).every(isGood),
    )?.at;
  const firstBad = shown.find((second) => inside(second, start, end) && !isGood(second))?.at;
  const [afterStart, afterEnd] = [goodFrom(firstBad ?? start), goodFrom(end)];
  const over = afterEnd === undefined ? next : Math.max(afterEnd, end);
  const underWay = seconds.filter(({ at }) => at + SECOND > start && at < over);
  const largest = underWay.map(({ latencyMs }) => latencyMs.max).filter((ms) => ms !== null);
  return {
    ...limit,
    sinceStartSec: afterStart === undefined ? null : Math.max(0, afterStart - start),
    sinceEndSec: afterEnd === undefined ? null : Math.max(0, afterEnd - end),
    uncertainSec: SECOND + uncertain,
    maxMs: largest.length > 0 ? Math.max(...largest) : null,
  };
}

const inside = ({ at }: Second, start: number, end: number) => at + SECOND > start && at <= end;

/** Peak of the messages that wait, and when there were no more of them than before, up to a hundredth of a second's load. */
function backlogRecovery(
  seconds: readonly BacklogSecond[],
  { start, end, until }: Times,
  before: number,
  never: number,
): FaultRecovery["backlog"] {
  const shown = seconds.filter(({ at }) => at + SECOND > start && at + SECOND <= until);
  const peak = Math.max(0, ...shown.map(({ waiting }) => waiting));
  const peakAt = shown.findIndex(({ waiting }) => waiting === peak);
  const normal = shown
    .slice(Math.max(0, peakAt))
    .find(({ waiting, offered }) => waiting <= before + never + SHARE_ABOVE_P99 * offered);
  return {
    before,
    peak,
    sinceEndSec: normal === undefined ? null : Math.max(0, normal.at + SECOND - end),
  };
}
