// Which differences in delay are the network's: plain functions and sentences.
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { figure } from "../../contract/text.ts";
import { signed } from "../report/networkFigures.ts";
import { compareRanks, measuredSeconds, stepsByValue } from "./difference.ts";
import {
  notInRoundTrips,
  onlyUnderLoad,
  type Percentile,
  type Range,
  type Share,
  shareOf,
} from "./networkOfDelay.ts";

const PERCENTILES: readonly Percentile[] = ["p50", "p99"];

/** Shares of a difference: within `all` it is the network's, below `some` it is not, between them it is in part. */
const SHARES = { some: 0.25, all: [0.75, 1.25] } as const;

export type Owner = "network" | "part" | "other" | "unknown";

export interface Attribution {
  owner: Owner;
  text: string;
}

/** What the steps of one value, all trials together, say of a percentile; ms. */
interface Side {
  /** Of each measured second, corrected for the clocks where that can be. */
  delays: number[];
  /** No delay is wrong by more; null: not known. */
  clockErrorMs: number | null;
  network: Share | null;
}

/**
 * For each difference of p50 and p99 that is more than noise, at values that both runs have: whether it is the network's.
 *
 * The rule. A delay's difference is known to ± the sum of both runs' clock errors; the network's share needs no two clocks.
 * Of the p50 it is a message's way (`oneWayMs` of the step, as in the report's "network's part"). The p99s of a way's parts
 * do not add up: there the share is only known to be between that (a network that is longer moves every percentile
 * alike) and the worst pair's p99 round trip (half of it there, half of it from there). A difference is the network's
 * where, wherever both are within these limits, the shares' difference is 75 to 125 % of it, and in part, at least, where
 * it is 25 to 75 %. It is not the network's below 25 %, which includes a network that differs the other way: if it is below
 * with the round trips that requests wait for too, and loss and throughput are out of question (networkOfDelay.ts).
 * Where the limits allow several of these, or the shares differ by more than the delays do, it cannot be told.
 *
 * Its limits. A way is taken as half of a round trip, and the average of all paths: where one direction is slower, or
 * nodes are unequally far from each other, a percentile may differ by more or less. Under load, queues hide in round trips,
 * and so does the waiting of probes for a CPU: where round trips did not differ before the load by half of what they differ
 * by during it, nothing is claimed. Messages that queue in a client because requests take longer are no way: they count
 * as not the network's. That a difference and round trips have noise of their own is not within these limits.
 */
export function attributions(a: Run, b: Run): Attribution[] {
  const [ofA, ofB] = [stepsByValue(a), stepsByValue(b)];
  return [...ofA].flatMap(([value, steps]) => {
    const others = ofB.get(value);
    if (!others) return [];
    return PERCENTILES.flatMap((percentile) => {
      const found = attribute(sideOf(a, steps, percentile), sideOf(b, others, percentile));
      return found ? [{ owner: found.owner, text: `${value}: ${percentile} ${found.text}` }] : [];
    });
  });
}

/** undefined: they do not differ by more than noise */
function attribute(a: Side, b: Side): Attribution | undefined {
  if (a.delays.length === 0 || b.delays.length === 0) return undefined;
  const { medians, real } = compareRanks(a.delays, b.delays);
  if (!real) return undefined;
  const { owner, text } = judge(a, b, medians);
  return { owner, text: `differs by ${signed(medians[1] - medians[0])} ms${text}` };
}

const cannotTell = (why: string): Attribution => ({ owner: "unknown", text: `: cannot be told: ${why}` });

function judge(a: Side, b: Side, [ofA, ofB]: readonly [number, number]): Attribution {
  if (a.clockErrorMs === null || b.clockErrorMs === null)
    return cannotTell("nothing is known of the clocks' error");
  const errorMs = a.clockErrorMs + b.clockErrorMs;
  if (Math.abs(ofB - ofA) <= errorMs)
    return cannotTell(`the clock error (±${figure(errorMs)} ms) is larger than the difference`);
  if (!a.network || !b.network) return cannotTell("no network was measured");
  if (a.network.ms[0] >= ofA || b.network.ms[0] >= ofB)
    return cannotTell("round trips took no less than the messages, so probes waited for a CPU");
  const way: Range = [b.network.ms[0] - a.network.ms[1], b.network.ms[1] - a.network.ms[0]];
  const explained = explainedBy(way, ofB - ofA, errorMs);
  const requestsMs = b.network.requestsMs - a.network.requestsMs;
  const [, most] = explainedBy([way[0] + requestsMs, way[1] + requestsMs], ofB - ofA, errorMs);
  const { owner, text } = verdictOf(a.network, b.network, ofB - ofA, explained, Math.max(explained[1], most));
  return { owner, text: `; the network's share differs by ${rangeText(way, signed)} ms${text}` };
}

/** @param most what of the difference the network can be at most, with what requests wait for */
function verdictOf(a: Share, b: Share, difference: number, explained: Range, most: number): Attribution {
  const owner = ownerOf(explained, most);
  if (owner === "unknown") return cannotTell(whyUnknown(explained, most));
  const [slower, faster] = difference > 0 ? [b, a] : [a, b];
  const doubt =
    owner === "other"
      ? notInRoundTrips(slower, faster, SHARES.some * Math.abs(difference))
      : onlyUnderLoad(a, b);
  return doubt ? cannotTell(doubt) : { owner, text: `: ${SENTENCES[owner](explained)}` };
}

const SENTENCES = {
  network: () => "the network's",
  other: () => "not the network's",
  part: (explained: Range) => `the network's in part at least (${percents(explained)} of it)`,
};

/** What of the difference this is, from the least to the most that the clock error allows. */
function explainedBy(ms: Range, difference: number, errorMs: number): Range {
  const shares = ms.flatMap((each) => [each / (difference - errorMs), each / (difference + errorMs)]);
  return [Math.min(...shares), Math.max(...shares)];
}

function ownerOf([least, most]: Range, mostOfAll: number): Owner {
  const [low, high] = SHARES.all;
  if (mostOfAll < SHARES.some) return "other";
  if (least >= low && most <= high) return "network";
  return least >= SHARES.some && most < low ? "part" : "unknown";
}

function whyUnknown([least]: Range, most: number): string {
  if (least > SHARES.all[1])
    return "the network's share differs by more than the delay, so something else makes up for it, or paths are unequal";
  return `within the clock error, and what round trips tell, it may be ${percents([least, most])} of the difference`;
}

function sideOf(run: Run, steps: readonly MeasuredStep[], percentile: Percentile): Side {
  const errors = steps.map(clockErrorMs);
  return {
    delays: steps.flatMap((step) => correctedSeconds(step, percentile)),
    clockErrorMs: errors.includes(null) ? null : Math.max(...(errors as number[])),
    network: shareOf(run, steps, percentile),
  };
}

const isCorrected = ({ correctedDelayMs, clocks }: MeasuredStep) =>
  correctedDelayMs !== null && clocks.boundMs !== null;

function clockErrorMs(step: MeasuredStep): number | null {
  return isCorrected(step) ? step.clocks.boundMs : step.clocks.errorMs;
}

/** A second's delays are recorded as they were measured: each is moved by what the correction moves the step's by. */
function correctedSeconds(step: MeasuredStep, percentile: Percentile): number[] {
  const [measured, corrected] = [step.delayMs[percentile], step.correctedDelayMs?.[percentile]];
  const shift = isCorrected(step) ? (corrected ?? 0) - (measured ?? 0) : 0;
  return measuredSeconds(step, percentile).map((ms) => ms + shift);
}

const percents = (range: Range) => `${rangeText(range, (share) => `${Math.round(100 * share)}`)} %`;

function rangeText([least, most]: Range, text: (value: number) => string): string {
  const [low, high] = [text(least), text(most)];
  return low === high ? low : `${low} to ${high}`;
}
