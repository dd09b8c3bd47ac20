// Estimates of how long a run takes, before and during it. A run must fit into the reservation of its nodes.
import { slosOf } from "./slos.ts";
import type { Benchmark } from "./workload.ts";

/** Largest number of planned steps. At half a minute each, they would take more than three days. */
export const MOST_STEPS = 10_000;

/** A duration in seconds: a lower bound, and an upper estimate that holds unless something gets slower than it has been so far. */
export interface Length {
  leastSec: number;
  mostSec: number;
}

/** Shortest possible warm-up: the check for a steady load needs this many whole seconds (bench/run/step.ts). */
const LEAST_WARM_UP_SEC = 8;
/** From the end of the warm-up to the start of the measured time. */
const LEAD_SEC = 2;
/** Creating the topic, connecting, starting and collecting. `most` is used until steps of the run have been timed. */
const OVERHEAD_SEC = { least: 3, most: 20 };
/** Packets per second of one pair, and of one node to all others (bench/run/networkBefore.ts). */
const PACE = { pair: 100, node: 500 };
/** With more consecutive measurements than this, throughput is measured in one direction only. */
const MOST_SLOTS = 100;
const NETWORKS = 2;

/** Number of steps that are known before the run: those of the sweep, the soak, or the workload as it is. */
export function plannedCount({
  sweep,
  combine,
  search,
  soak,
}: Pick<Benchmark, "sweep" | "combine" | "search" | "soak">): number {
  if (soak !== undefined || !sweep) return soak === undefined && search ? 0 : 1;
  const lengths = Object.values(sweep).map((values) => values.length);
  return combine === "product" ? lengths.reduce((product, each) => product * each, 1) : Math.min(...lengths);
}

/**
 * Duration of one step.
 *
 * @param overheadSec the part of a step that is not warm-up, measured time or drain ({@link stepOverhead}), in s. Default: 20
 */
export function stepLength(
  { warmUp, duration, drain, soak }: Pick<Benchmark, "warmUp" | "duration" | "drain" | "soak">,
  overheadSec = OVERHEAD_SEC.most,
): Length {
  const measured = LEAD_SEC + (soak ?? duration);
  return {
    leastSec: OVERHEAD_SEC.least + Math.max(warmUp.min, LEAST_WARM_UP_SEC) + measured,
    mostSec: overheadSec + Math.max(warmUp.max, warmUp.brokers, LEAST_WARM_UP_SEC) + measured + drain,
  };
}

/** The longest measured time of a step after the sweep, in s: that of a confirmation of the knee, if there may be one. */
export function longestStep({ duration, search }: Pick<Benchmark, "duration" | "search">): number {
  return Math.max(duration, search?.confirm ?? 0);
}

/** The part of a step's duration that was not warm-up, measured time or drain, in s. */
export function stepOverhead(
  tookSec: number,
  step: { warmUpSeconds: number; durationSeconds: number; drainSeconds: number },
): number {
  return Math.max(
    OVERHEAD_SEC.least,
    tookSec - step.warmUpSeconds - LEAD_SEC - step.durationSeconds - step.drainSeconds,
  );
}

/** Duration of the network measurement before the load. @param nodes number of nodes, each on its own machine */
export function networkLength({ network }: Pick<Benchmark, "network">, nodes: number): Length {
  if (!network.enabled || nodes < 2) return { leastSec: 0, mostSec: 0 };
  const peers = nodes - 1;
  const roundTrips = network.packets / Math.min(PACE.pair, PACE.node / peers);
  const slots = nodes % 2 === 0 ? peers : nodes;
  const throughputs = slots * (slots * 2 * NETWORKS <= MOST_SLOTS ? 2 : 1);
  return {
    leastSec: NETWORKS * (roundTrips + throughputs * network.seconds),
    mostSec: NETWORKS * (roundTrips + 2 * peers + throughputs * (network.seconds + 2)),
  };
}

/** The remaining steps of a run. */
export interface StepsToCome {
  /** Steps of its sweep or soak. */
  planned: number;
  /** Steps of its search. */
  search: { least: number; most: number };
  /** Duration of the search so far. */
  searchedSec: number;
}

/** Duration of the preheat. @param spentSec what it has taken so far */
export function preheatLength({ preheat }: Pick<Benchmark, "preheat">, spentSec = 0): Length {
  // The time is checked before each step. The first step runs to its end, however long it takes.
  return { leastSec: 0, mostSec: preheat === 0 ? 0 : Math.max(0, preheat - spentSec) + OVERHEAD_SEC.most };
}

/** Duration of the remaining steps. @param overheadSec as for {@link stepLength} */
export function lengthOfSteps(
  benchmark: Benchmark,
  { planned, search, searchedSec }: StepsToCome,
  overheadSec?: number,
): Length {
  const { leastSec, mostSec } = stepLength(benchmark, overheadSec);
  // A search checks its time before each step, and finishes the step that it has begun.
  const longerSec = longestStep(benchmark) - benchmark.duration;
  const maxTimeSec = (benchmark.search?.maxTime ?? 0) * slosOf(benchmark).length;
  const searchSec = Math.max(0, maxTimeSec - searchedSec) + mostSec + longerSec;
  return {
    leastSec: (planned + search.least) * leastSec,
    mostSec:
      planned * mostSec + (search.most === 0 ? 0 : Math.min(search.most * (mostSec + longerSec), searchSec)),
  };
}

/** Duration of a whole run. @param nodes number of nodes */
export function runLength(benchmark: Benchmark, nodes: number): Length {
  const { search: planned } = benchmark;
  const search = planned
    ? { least: 1, most: planned.maxSteps * slosOf(benchmark).length }
    : { least: 0, most: 0 };
  return sum(
    networkLength(benchmark, nodes),
    preheatLength(benchmark),
    lengthOfSteps(benchmark, { planned: plannedCount(benchmark), search, searchedSec: 0 }),
  );
}

/** Adds up durations. */
export function sum(...lengths: readonly Length[]): Length {
  return lengths.reduce((total, { leastSec, mostSec }) => ({
    leastSec: total.leastSec + leastSec,
    mostSec: total.mostSec + mostSec,
  }));
}
