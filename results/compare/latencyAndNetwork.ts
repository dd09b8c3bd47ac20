import type { NetworkName, PairRtt } from "../../contract/network.ts";
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { medianOver, overPairs, usedNetwork } from "../network.ts";
import { medianOf } from "../statistics.ts";
import { stepsByValue } from "../steps.ts";
import { signed } from "../text.ts";
import { isCorrected, type LatencyDifference, type Percentile, stepLatency } from "./difference.ts";

/** Lower and upper bound. */
type Bounds = readonly [number, number];

/** The differences of one percentile at one value: the second run minus the first, ms. */
export interface LatencyAndNetwork {
  /** "producers 100" */
  value: string;
  percentile: Percentile;
  latencyMs: number;
  /** By how much the clocks of both runs can distort the latency difference; null: unknown. */
  clockErrorMs: number | null;
  /** null: the network of a run was not measured before or during the load. */
  network: NetworkDifference | null;
  /** What a reader must know to compare latency and network; often empty. */
  notes: string[];
}

interface NetworkDifference {
  /** Difference of the time that a message spends on the network, during the load. */
  wayMs: Bounds;
  /** Difference of the median round trip on the network that brokers and agents use. */
  rttMs: { before: number; during: number };
}

/** All trials of one value. */
interface Side {
  /** Median over all trials of a percentile, corrected for the clocks if possible, ms; null: there is none. */
  latencyMs: number | null;
  clockErrorMs: number | null;
  network: { wayMs: Bounds; rttMs: { before: number; during: number } } | null;
}

/**
 * Compares the difference in p50 and p99 latency with the difference in the network, at values that both runs have. Percentiles
 * that were not found to differ are left out.
 *
 * The network's part of a p50 is half of the round trips on a message's path (`oneWayMs` of a step), from the smallest to the
 * largest of all trials. Percentiles of parts do not add up, so the part of a p99 lies between that and the p99 round trip of the
 * worst pair (half of it to the broker, half from it). It is zero when the whole path is within nodes.
 *
 * No ratio of the two is computed: round trips lack retransmissions, the wait for the next fetch and the transmission time of large
 * messages, but include queues and the probe's wait for a CPU.
 */
export function latencyAndNetwork(
  a: Run,
  b: Run,
  latencies: readonly LatencyDifference[],
): LatencyAndNetwork[] {
  const [stepsA, stepsB] = [stepsByValue(a.steps), stepsByValue(b.steps)];
  return latencies.flatMap(({ value, percentile, differs }) => {
    if (!differs) return [];
    const difference = differenceOf(
      sideOf(a, stepsA.get(value) ?? [], percentile),
      sideOf(b, stepsB.get(value) ?? [], percentile),
    );
    return difference ? [{ ...difference, value, percentile }] : [];
  });
}

/** undefined: one side has no latency */
function differenceOf(a: Side, b: Side): Omit<LatencyAndNetwork, "value" | "percentile"> | undefined {
  if (a.latencyMs === null || b.latencyMs === null) return undefined;
  const latencyMs = b.latencyMs - a.latencyMs;
  const clockErrorMs =
    a.clockErrorMs === null || b.clockErrorMs === null ? null : a.clockErrorMs + b.clockErrorMs;
  const notes: string[] = [];
  if (clockErrorMs === null) notes.push("the clock error is unknown");
  else if (Math.abs(latencyMs) <= clockErrorMs)
    notes.push(`the clock error (±${formatNumber(clockErrorMs)} ms) is larger than the difference`);
  if (!a.network || !b.network) notes.push("the network was not measured");
  else if (a.network.wayMs[0] >= a.latencyMs || b.network.wayMs[0] >= b.latencyMs)
    notes.push("round trips took at least as long as messages, so probes waited for a CPU");
  return { latencyMs, clockErrorMs, network: networkDifference(a.network, b.network), notes };
}

function networkDifference(a: Side["network"], b: Side["network"]): NetworkDifference | null {
  if (!a || !b) return null;
  return {
    wayMs: [b.wayMs[0] - a.wayMs[1], b.wayMs[1] - a.wayMs[0]],
    rttMs: { before: b.rttMs.before - a.rttMs.before, during: b.rttMs.during - a.rttMs.during },
  };
}

/** One difference as text: "producers 100: p50 latency +3.2 ms (clock error ±0.1 ms), network +2.9 ms (round trips …)". */
export function sideBySideText(difference: LatencyAndNetwork): string {
  const { value, percentile, latencyMs, clockErrorMs, network, notes } = difference;
  const error = clockErrorMs === null ? "unknown" : `±${formatNumber(clockErrorMs)} ms`;
  const texts = [`${value}: ${percentile} latency ${signed(latencyMs)} ms (clock error ${error})`];
  if (network) {
    const { before, during } = network.rttMs;
    texts.push(
      `network ${boundsText(network.wayMs)} ms (round trips ${signed(before)} ms before the load, ${signed(during)} ms during it)`,
    );
  }
  return `${texts.join(", ")}${notes.map((note) => `; ${note}`).join("")}`;
}

/** Bounds as text: "+2.9" or "+60 to +65". */
export function boundsText([least, most]: Bounds): string {
  const [low, high] = [signed(least), signed(most)];
  return low === high ? low : `${low} to ${high}`;
}

function sideOf(run: Run, steps: readonly MeasuredStep[], percentile: Percentile): Side {
  const errors = steps.map(clockErrorMs).filter((error) => error !== null);
  return {
    latencyMs: medianOf(steps.map((step) => stepLatency(step, percentile))),
    clockErrorMs: errors.length < steps.length ? null : Math.max(...errors),
    network: networkOf(run, steps, percentile),
  };
}

function networkOf(run: Run, steps: readonly MeasuredStep[], percentile: Percentile): Side["network"] {
  const used = usedNetwork(run);
  const before = overPairs(run.network?.pairs ?? [], used)?.rttMs.p50 ?? null;
  const during = medianOf(
    steps.map(({ network }) => medianOver(network?.pairs ?? [], used, ({ rttMs }) => rttMs.p50)),
  );
  const oneWay = steps.map(({ network }) => network?.oneWayMs ?? null).filter((ms) => ms !== null);
  if (before === null || during === null || oneWay.length === 0) return null;
  const [least, most] = [Math.min(...oneWay), Math.max(...oneWay)];
  const hasTail = percentile === "p99" && most > 0;
  return {
    wayMs: [least, hasTail ? Math.max(most, ...steps.flatMap((step) => tailsOn(used, step))) : most],
    rttMs: { before, during },
  };
}

function tailsOn(used: NetworkName, { network }: MeasuredStep): number[] {
  const isUsed = (pair: PairRtt) => pair.network === used;
  const tails = (network?.pairs ?? []).filter(isUsed).map(({ rttMs }) => rttMs.p99);
  return tails.filter((ms) => ms !== null);
}

function clockErrorMs(step: MeasuredStep): number | null {
  return isCorrected(step) ? step.clocks.boundMs : step.clocks.errorMs;
}
