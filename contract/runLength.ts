// How long a run takes, before and while it is done: plain functions. Where nodes are reserved, it must fit.
import type { Benchmark } from "./workload.ts";

/** Seconds. The first is a true lower bound; the second holds unless something is slower than was seen so far. */
export interface Length {
  leastSec: number;
  mostSec: number;
}

/** Whether a load is steady is judged by whole seconds, which are known later: no warm-up is shorter (bench/run/step.ts). */
const LEAST_WARM_UP_SEC = 8;
/** From the end of the warm-up to the measured time. */
const LEAD_SEC = 2;
/** Topic, connections, start, collection; the second until a run has shown what it takes itself. */
const REST_SEC = { least: 3, most: 20 };
/** Packets per second of one pair, and of one node to all others (bench/run/networkBefore.ts). */
const PACE = { pair: 100, node: 500 };
/** Beyond so many measurements one after the other, a throughput is measured in one direction alone. */
const MOST_SLOTS = 100;
const NETWORKS = 2;

/** Steps of a sweep, a soak, or the workload as it is: what is known before anything is done. */
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

/** @param restSec what a step takes beside all that is planned, where that has been seen ({@link stepRest}) */
export function stepLength(
  { warmUp, duration, drain, soak }: Pick<Benchmark, "warmUp" | "duration" | "drain" | "soak">,
  restSec = REST_SEC.most,
): Length {
  const measured = LEAD_SEC + (soak ?? duration);
  return {
    leastSec: REST_SEC.least + Math.max(warmUp.min, LEAST_WARM_UP_SEC) + measured,
    mostSec: restSec + Math.max(warmUp.max, warmUp.brokers, LEAST_WARM_UP_SEC) + measured + drain,
  };
}

/** Of a step that took so long: what was not warm-up, measured time and drain. */
export function stepRest(
  tookSec: number,
  step: { warmUpSeconds: number; durationSeconds: number; drainSeconds: number },
): number {
  return Math.max(
    REST_SEC.least,
    tookSec - step.warmUpSeconds - LEAD_SEC - step.durationSeconds - step.drainSeconds,
  );
}

/** Of the measurement of the network between so many nodes, each a machine of its own. */
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

/** What is still to be done of a run. */
export interface StepsToCome {
  planned: number;
  /** Of its search. */
  search: { least: number; most: number };
  /** What the search has taken so far. */
  searchedSec: number;
}

export function lengthOfSteps(
  benchmark: Benchmark,
  { planned, search, searchedSec }: StepsToCome,
  restSec?: number,
): Length {
  const { leastSec, mostSec } = stepLength(benchmark, restSec);
  // The search looks at its time before each step, and lets the last one end.
  const searchSec = Math.max(0, (benchmark.search?.maxTime ?? 0) - searchedSec) + mostSec;
  return {
    leastSec: (planned + search.least) * leastSec,
    mostSec: planned * mostSec + (search.most === 0 ? 0 : Math.min(search.most * mostSec, searchSec)),
  };
}

/** A whole run on so many nodes. */
export function runLength(benchmark: Benchmark, nodes: number): Length {
  const search = benchmark.search ? { least: 1, most: benchmark.search.maxSteps } : { least: 0, most: 0 };
  return sum(
    networkLength(benchmark, nodes),
    lengthOfSteps(benchmark, { planned: plannedCount(benchmark), search, searchedSec: 0 }),
  );
}

export function sum(...lengths: readonly Length[]): Length {
  return lengths.reduce((total, { leastSec, mostSec }) => ({
    leastSec: total.leastSec + leastSec,
    mostSec: total.mostSec + mostSec,
  }));
}
