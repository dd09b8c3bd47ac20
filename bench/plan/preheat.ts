// The preheat: short steps of rising load at the start of a run, until the brokers are warm.
import { clientOf } from "../../contract/clients.ts";
import { verdictOf } from "../../contract/verdicts.ts";
import { type Benchmark, SEARCH_VARIABLES, type StepValues, type Workload } from "../../contract/workload.ts";
import { JIT_BUSY_THREADS } from "../measure/evaluate.ts";
import { scalingLoads } from "./autoScale.ts";
import { looksGood, secondsWithNext, type Trial } from "./trial.ts";

/** Measured time of each step, s. In a shorter step, compilers could look quiet although a compilation was still running. */
const STEP_SEC = 6;
/** Longest wait for messages at the end of each step, s. */
const DRAIN_SEC = 5;
/** The load doubles from step to step. */
const GROWTH = 2;
/** The load rises no further if the p99 is more than this many times the SLO's: more load would only leave a backlog. */
const BADLY_MISSED = 2;
/** Latency has settled if the medians of two steps with the same load differ by at most one of these. */
const SETTLED_SHARE = 0.2;
const SETTLED_MS = 1;

/** The load of the next step of the preheat; undefined: it is over, or there is none. */
export function nextPreheat(
  workload: Workload,
  benchmark: Benchmark,
  history: readonly Trial[],
): StepValues | undefined {
  const { preheat, slo } = benchmark;
  if (preheat === 0 || !clientOf(workload.client).reachesBroker) return undefined;
  if (history.some(({ phase }) => phase !== "preheat") || isOver(preheat, history)) return undefined;
  const loads = benchmark.scale === "auto" ? scalingLoads({ workload, benchmark }) : loadsOf(benchmark);
  const next = nextLoad(loads, slo.p99Ms, history);
  return next === undefined ? undefined : loads[next];
}

/** Whether the preheat ended with quiet JIT compilers, so that no step has to wait for them. */
function isPreheated(history: readonly Trial[]): boolean {
  const last = history.findLast(({ phase }) => phase === "preheat");
  return last !== undefined && isQuiet(last);
}

/** The benchmark options for a step of this phase. After a preheat, all steps have the same warm-up. */
export function benchmarkOf(
  phase: Trial["phase"],
  benchmark: Benchmark,
  history: readonly Trial[],
): Benchmark {
  const { search, soak, duration, drain, warmUp } = benchmark;
  if (phase === "preheat") {
    const none = { min: 0, max: 0, brokers: 0 };
    return {
      ...benchmark,
      warmUp: none,
      duration: Math.min(duration, STEP_SEC),
      drain: Math.min(drain, DRAIN_SEC),
    };
  }
  const durations = { sweep: duration, search: duration, confirm: search?.confirm, soak };
  const isFixed = history.some((trial) => trial.phase === "preheat");
  const brokers = isPreheated(history) ? 0 : warmUp.brokers;
  return {
    ...benchmark,
    duration: durations[phase] ?? duration,
    warmUp: isFixed ? { min: warmUp.min, max: warmUp.min, brokers } : warmUp,
  };
}

/** Whether the time limit of the preheat leaves no room for another step as long as the longest one. */
function isOver(preheat: number, history: readonly Trial[]): boolean {
  return history.length > 0 && secondsWithNext(history) > preheat;
}

/** The loads, doubling from the smallest planned value to the largest. If no number varies: only the workload itself. */
function loadsOf({ search, sweep }: Benchmark): StepValues[] {
  const numbers = (name: (typeof SEARCH_VARIABLES)[number]) =>
    (sweep?.[name] ?? []).filter((value) => typeof value === "number");
  const variable = search?.variable ?? SEARCH_VARIABLES.find((name) => numbers(name).length > 0);
  if (variable === undefined) return [{}];
  const planned = search ? [search.from, search.to] : numbers(variable);
  const [from, to] = [Math.min(...planned), Math.max(...planned)];
  const values = [from];
  while ((values.at(-1) as number) < to) values.push(Math.min(to, GROWTH * (values.at(-1) as number)));
  return values.map((value) => ({ [variable]: value }));
}

/**
 * Index of the next load; undefined: the preheat is over. The load rises until the brokers or the generator can take no more, and
 * is then repeated until latency has settled.
 */
function nextLoad(
  loads: readonly StepValues[],
  p99Ms: number,
  history: readonly Trial[],
): number | undefined {
  let [load, top] = [0, loads.length - 1];
  for (const [index, trial] of history.entries()) {
    if (trial.verdict === "failed") return undefined;
    const before = history.slice(0, index).findLast((earlier) => isSameLoad(trial, earlier));
    if (load >= top && before && isQuiet(trial) && isSettled(trial, before)) return undefined;
    if (verdictOf(trial).evidence === "generator" || (isBad(trial, p99Ms) && (before || isQuiet(trial)))) {
      // Warmer brokers would not help, so the load below is the largest one.
      top = Math.max(0, load - 1);
      load = top;
    } else if (!isBad(trial, p99Ms)) {
      load = Math.min(top, load + 1);
    }
  }
  return load;
}

function isSameLoad(trial: Trial, other: Trial): boolean {
  return JSON.stringify(trial.values) === JSON.stringify(other.values);
}

function isBad(trial: Trial, p99Ms: number): boolean {
  return trial.p99Ms === null ? !looksGood(trial, p99Ms) : trial.p99Ms > BADLY_MISSED * p99Ms;
}

function isQuiet({ brokersJitThreads }: Trial): boolean {
  return (brokersJitThreads ?? 0) <= JIT_BUSY_THREADS;
}

function isSettled({ p50Ms: now }: Trial, { p50Ms: then }: Trial): boolean {
  if (typeof now !== "number" || typeof then !== "number") return true;
  return Math.abs(now - then) <= Math.max(SETTLED_MS, SETTLED_SHARE * Math.min(now, then));
}
