// Simulated searches with a known limit, to see how often the result is right.
import { type Random, randomOf } from "../../bench/load/random.ts";
import type { SearchResult } from "../../bench/plan/conclude.ts";
import { nextStep } from "../../bench/plan/index.ts";
import type { PlannedStep, Trial } from "../../bench/plan/trial.ts";
import {
  type Benchmark,
  type BenchmarkInput,
  benchmarkSchema,
  workloadSchema,
} from "../../contract/workload.ts";

/** A kind of broker to search the limit of. */
export interface Cell {
  name: string;
  /** The broker's answer to a step, from the ratio of its limit to the load: the p99 as a share of the SLO's. */
  p99: (ratio: number, random: Random, noise: number) => number;
  /** Share by which the limit has grown or shrunk after {@link DRIFT_STEPS} steps. @default 0 */
  drift?: number;
  /** The broker has just been started. @default false */
  cold?: boolean;
  /** The generator is at its own limit from this multiple of the broker's limit on. @default never */
  ceiling?: number;
  /** Chance that a step is spoiled by something else. @default 0.02 */
  lapse?: number;
  /** Chance that a step is not steady. @default 0 */
  unsteady?: number;
  /** Whether the knee must be within 10 % of the limit; otherwise its interval alone counts. */
  isPrecise: boolean;
}

const DRIFT_STEPS = 20;
/** Steps until a cold broker is at 1/e of its way. */
const COLD_STEPS = 3;
/** Limit of a cold broker, as a share. */
const COLD_SHARE = 0.3;
const PARETO_SHAPE = 2.5;
const RANGE = { from: 10, to: 2_000 };

/** A broker that meets the SLO with a chance of 1/(1 + exp(-slope * ln(limit / load))). */
export function logistic(slope: number): Cell["p99"] {
  return (ratio, random, noise) => {
    const uniform = random();
    return Math.exp(-Math.log(ratio) + (noise * Math.log(uniform / (1 - uniform))) / slope);
  };
}

/** A queue whose p99 grows as load/(1 - load) up to its capacity, with the tail of a Pareto distribution. */
export const queueWithTail: Cell["p99"] = (ratio, random, noise) => {
  const load = Math.min(0.999, 0.85 / ratio);
  const mean = load / (1 - load) / (0.85 / 0.15);
  return mean * (2 * (1 - random())) ** (-noise / PARETO_SHAPE);
};

/** The brokers of the stated goals. */
export const CELLS: readonly Cell[] = [
  { name: "slope 5", p99: logistic(5), isPrecise: false },
  { name: "slope 10", p99: logistic(10), isPrecise: true },
  { name: "slope 20", p99: logistic(20), isPrecise: true },
  { name: "slope 40", p99: logistic(40), isPrecise: true },
  { name: "queue, Pareto tail", p99: queueWithTail, isPrecise: true },
  { name: "slope 20, drift +30 %", p99: logistic(20), drift: 0.3, isPrecise: false },
  { name: "slope 20, drift -30 %", p99: logistic(20), drift: -0.3, isPrecise: false },
  { name: "slope 20, cold start", p99: logistic(20), cold: true, isPrecise: true },
  { name: "slope 20, 1 of 5 steps not steady", p99: logistic(20), unsteady: 0.2, isPrecise: true },
  { name: "slope 20, generator at 0.8", p99: logistic(20), ceiling: 0.8, isPrecise: false },
  { name: "slope 20, generator at 1.5", p99: logistic(20), ceiling: 1.5, isPrecise: true },
];

/** One simulated search. */
export interface Simulated extends SearchResult {
  /** The true limit at the end. */
  limit: number;
  history: Trial[];
}

const workload = workloadSchema.parse({});

/** Searches the limit of such a broker. The same seed gives the same search. */
export function simulateSearch(
  cell: Cell,
  seed: number,
  search: Partial<BenchmarkInput["search"]> = {},
): Simulated {
  const benchmark = benchmarkSchema.parse({ search: { variable: "producers", ...RANGE, ...search } });
  const random = randomOf(seed, 7);
  // Somewhere in the middle of the range, so that nothing depends on the values that are tried first.
  const base = 60 * 10 ** (random() * 1);
  const history: Trial[] = [];
  for (;;) {
    const next = nextStep(workload, benchmark, history);
    const drift = 1 + (cell.drift ?? 0) * Math.min(1, history.length / DRIFT_STEPS);
    if ("done" in next) return { ...next.done, limit: base * drift, history };
    history.push(trialOf(cell, base * drift, next.step, benchmark, history.length, random));
  }
}

function trialOf(
  cell: Cell,
  limit: number,
  { phase, values }: PlannedStep,
  { slo, search, duration }: Benchmark,
  before: number,
  random: Random,
): Trial {
  const value = Number(values.producers);
  const heat = cell.cold ? Math.exp(-before / COLD_STEPS) : 0;
  const measured = phase === "confirm" ? (search?.confirm ?? 0) : duration;
  const noise = Math.sqrt(duration / measured);
  const p99Ms = slo.p99Ms * cell.p99((limit * (1 - (1 - COLD_SHARE) * heat)) / value, random, noise);
  const spoiled = random() < (cell.lapse ?? 0.02);
  const isMet = spoiled ? random() < 0.5 : p99Ms <= slo.p99Ms;
  const unclear = random() < (cell.unsteady ?? 0) || (!isMet && heat > 0.2);
  const isBound = value >= limit * (cell.ceiling ?? Number.POSITIVE_INFINITY);
  const verdict = isBound ? "generator-bound" : unclear ? "not-steady" : isMet ? "ok" : "slo-missed";
  const reasons = verdict === "ok" ? [] : [verdict];
  return {
    phase,
    values,
    verdict,
    reasons,
    p99Ms,
    p50Ms: p99Ms / 5,
    brokersJitThreads: heat,
    seconds: 12 + measured,
  };
}

/** What one search of a cell gave. */
export interface SearchOutcome {
  /** Within 10 % of the limit. */
  near: boolean;
  /** The interval contains the limit; null: there is no knee. */
  covered: boolean | null;
  /** With a knee at or beyond the generator's limit. */
  beyondGenerator: boolean;
  /** Number of steps, the preheat's included. */
  steps: number;
  minutes: number;
}

/** Searches the limit of a cell's broker once, and compares the result with the truth. */
export function searchOutcome(
  cell: Cell,
  seed: number,
  search: Partial<BenchmarkInput["search"]> = {},
): SearchOutcome {
  const { knee, limit, history } = simulateSearch(cell, seed, search);
  const [low, high] = knee?.interval ?? [0, 0];
  return {
    near: knee !== null && Math.abs(knee.value - limit) <= 0.1 * limit,
    covered: knee && low <= limit && (high ?? Number.POSITIVE_INFINITY) >= limit,
    beyondGenerator: knee !== null && knee.value >= limit * (cell.ceiling ?? Number.POSITIVE_INFINITY),
    steps: history.length,
    minutes: history.reduce((sum, { seconds }) => sum + seconds, 0) / 60,
  };
}

/** What many searches of a cell gave, as shares of all. */
export interface CellResult {
  name: string;
  searches: number;
  /** Within 10 % of the limit. */
  near: number;
  /** The interval contains the limit; of the searches with a knee. */
  covered: number;
  /** With a knee. */
  knees: number;
  /** Knees at or beyond the generator's limit. */
  beyondGenerator: number;
  /** Mean number of steps, the preheat's included. */
  steps: number;
  /** Mean length in minutes. */
  minutes: number;
}

/** The shares of many searches. */
export function cellResult(name: string, outcomes: readonly SearchOutcome[]): CellResult {
  const searches = outcomes.length;
  const share = (holds: (each: SearchOutcome) => boolean, among = outcomes) =>
    among.length === 0 ? 1 : among.filter(holds).length / among.length;
  const mean = (value: (each: SearchOutcome) => number) =>
    outcomes.reduce((sum, each) => sum + value(each), 0) / searches;
  const found = outcomes.filter(({ covered }) => covered !== null);
  return {
    name,
    searches,
    near: share(({ near }) => near),
    covered: share(({ covered }) => covered === true, found),
    knees: found.length / searches,
    beyondGenerator: share(({ beyondGenerator }) => beyondGenerator),
    steps: mean(({ steps }) => steps),
    minutes: mean(({ minutes }) => minutes),
  };
}

/** Runs so many searches of a cell, with the seeds from 1. */
export function simulateCell(
  cell: Cell,
  searches: number,
  search: Partial<BenchmarkInput["search"]> = {},
): CellResult {
  const seeds = Array.from({ length: searches }, (_, index) => index + 1);
  return cellResult(
    cell.name,
    seeds.map((seed) => searchOutcome(cell, seed, search)),
  );
}

/** Steps of the exhaustive grid over the same range: every value that the tolerance distinguishes, with all trials. */
export function stepsOfGrid(): number {
  const { tolerance, trials } = benchmarkSchema.parse({ search: { variable: "producers", ...RANGE } })
    .search ?? {
    tolerance: 1,
    trials: 0,
  };
  return Math.ceil(Math.log(RANGE.to / RANGE.from) / Math.log(1 + tolerance)) * trials;
}
