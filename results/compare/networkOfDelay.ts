// What of a delay is the network's, as far as a run's figures tell: plain functions on plain data.
import type { Pair, PairRtt } from "../../contract/network.ts";
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { figure } from "../../contract/text.ts";
import { lossText, medianOver, overPairs, signed } from "../report/networkFigures.ts";
import { medianOf } from "./difference.ts";

export type Percentile = "p50" | "p99";
/** From the least to the most that it can be. */
export type Range = readonly [number, number];

/** Of what round trips differ by during the load, this share must have been there before it. */
const BEFORE_LOAD = 0.5;
/** Lost packets are sent again, later: of two networks that differ by more of them than this share, delays may too. */
const LOSS = 0.001;
/** A link of whose throughput so much is used has a queue. */
const BUSY = 0.5;
/**
 * Round trips that a message may wait for, beside its way: until the consumer asks anew, and, where there are replicas,
 * until they have asked for the message and then for the next, before which no consumer gets it.
 */
const FETCHES = { consumer: 1, replicas: 2 } as const;

/** What the network is to a percentile of the delay at one value, all trials together. */
export interface Share {
  /** Of the percentile, what a message spends on its way, ms. */
  ms: Range;
  /** The longest that it may wait for requests to make their round trips, ms. */
  requestsMs: number;
  /** The overlay's round trip, median of all pairs. */
  rttMs: { before: number; during: number };
  /** Packets of all pairs during the load. */
  packets: Pick<PairRtt, "sent" | "lost">;
  /** null: throughput was not measured. */
  carried: Carried | null;
}

interface Carried {
  /** One message through two links, at the throughput of a pair, ms. */
  transferMs: number;
  /** Of the throughput of a pair, if one link carries everything; 0 to 1. */
  used: number;
}

/** @returns null: it was not measured before the load, or during none of the steps */
export function shareOf(run: Run, steps: readonly MeasuredStep[], percentile: Percentile): Share | null {
  const before = overPairs(run.network?.pairs ?? [], "overlay");
  const way = medianOfKnown(steps.map(({ network }) => network?.oneWayMs ?? null));
  const during = medianOfKnown(
    steps.map(({ network }) => medianOver(network?.pairs ?? [], "overlay", ({ rttMs }) => rttMs.p50)),
  );
  if (way === null || during === null || !before || before.rttMs.p50 === null) return null;
  const pairs = steps.flatMap(overlayPairs);
  const tails = pairs.map(({ rttMs }) => rttMs.p99).filter((ms) => ms !== null);
  const fetches = FETCHES.consumer + (steps.some(isReplicated) ? FETCHES.replicas : 0);
  return {
    // Where all of a message's way is within nodes, no tail of the network is in its delay.
    ms: [way, percentile === "p50" || way === 0 ? way : Math.max(way, ...tails)],
    requestsMs: fetches * during,
    rttMs: { before: before.rttMs.p50, during },
    packets: { sent: total(pairs, "sent"), lost: total(pairs, "lost") },
    carried: carriedBy(steps, before),
  };
}

/** Why a difference that round trips show is not known to be the network's; undefined: it is. */
export function onlyUnderLoad({ rttMs: a }: Share, { rttMs: b }: Share): string | undefined {
  const [before, during] = [b.before - a.before, b.during - a.during];
  if (before / during >= BEFORE_LOAD) return undefined;
  return `round trips differ by ${signed(during)} ms during the load, but by ${signed(before)} ms before it: queues, or probes that wait for a CPU, are in them`;
}

/**
 * Why a difference that round trips do not show may be the network's all the same; undefined: it is not.
 *
 * @param mattersMs so much of it would have to be the network's
 */
export function notInRoundTrips(slower: Share, faster: Share, mattersMs: number): string | undefined {
  if (lossOf(slower) - lossOf(faster) > LOSS)
    return `packets were lost (${lossText(slower.packets)} against ${lossText(faster.packets)}), and sending them again is not in round trips`;
  if (!slower.carried || !faster.carried) return "throughput was not measured";
  if (slower.carried.used > BUSY)
    return `the load may take ${figure(100 * slower.carried.used)} % of a link's throughput, and its queue is not in round trips`;
  const laterMs = slower.carried.transferMs - faster.carried.transferMs;
  return laterMs > mattersMs
    ? `a message of this size takes ${figure(laterMs)} ms longer at what the network carries`
    : undefined;
}

const lossOf = ({ packets: { sent, lost } }: Share) => (sent > 0 ? lost / sent : 0);

function carriedBy(
  steps: readonly MeasuredStep[],
  { throughputBitPerSec: rate }: Pick<Pair, "throughputBitPerSec">,
): Carried | null {
  if (rate === null || rate <= 0) return null;
  const loads = steps
    .filter(({ durationSeconds }) => durationSeconds > 0)
    .map(
      ({ bytes, durationSeconds, replicationFactor, groups }) =>
        (8 * bytes * (replicationFactor + groups)) / durationSeconds,
    );
  return {
    transferMs: Math.max(...steps.map(({ messageBytes }) => (2 * 8 * messageBytes * 1_000) / rate)),
    used: Math.max(0, ...loads) / rate,
  };
}

const isReplicated = ({ replicationFactor }: MeasuredStep) => replicationFactor > 1;

const overlayPairs = ({ network }: MeasuredStep) =>
  (network?.pairs ?? []).filter((pair) => pair.network === "overlay");

const total = (pairs: readonly PairRtt[], of: "sent" | "lost") =>
  pairs.reduce((sum, pair) => sum + pair[of], 0);

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? medianOf(known) : null;
}
