// The measured time of steps whose load is lower than any that the scenario asks for.
import { DECIDING_MESSAGES, type Load } from "../../contract/scale.ts";
import { withValues } from "../../contract/stepWorkload.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import { type Benchmark, ratePerProducer, type Workload } from "../../contract/workload.ts";
import { rangeOf } from "./bracket.ts";
import { reaching } from "./descent.ts";
import { evidenceOf } from "./evidence.ts";
import type { PlannedStep, Trial } from "./trial.ts";

/** The measured time becomes at most this many times as long. */
const LONGEST = 16;

/** The phases with steps that need a verdict. */
const LENGTHENED: readonly Trial["phase"][] = ["sweep", "search", "confirm"];

/** The shortest time in which a load has enough messages for a verdict, in seconds: at least `seconds`, at most 16 times that. */
export function decidableSeconds(
  load: Pick<Workload, "producers" | "rate" | "totalRate" | "groups">,
  seconds: number,
): number {
  const perSec = load.producers * ratePerProducer(load) * load.groups;
  return Math.min(LONGEST * seconds, Math.max(seconds, Math.ceil(DECIDING_MESSAGES / perSec)));
}

/**
 * The benchmark options of a step, with a longer measured time if its load is lower than any that the scenario asks for: in a
 * search below its first value, and in a run whose loads are scaled.
 *
 * @param usual the options of a step of this phase
 * @param load the plan of the run
 */
export function withMeasuredTime(
  usual: Benchmark,
  planned: PlannedStep,
  load: Load,
  isScaled: boolean,
): Benchmark {
  const isLower = isBelowSearch(planned, load.benchmark) || (isScaled && LENGTHENED.includes(planned.phase));
  if (!isLower) return usual;
  const duration = decidableSeconds(withValues(load.workload, planned.values), usual.duration);
  return { ...usual, duration };
}

/** Whether a step has a load below the first value of the search, because that one already missed the SLO. */
export function isBelowSearch(
  { phase, values }: PlannedStep,
  { search }: Pick<Benchmark, "search">,
): boolean {
  if (!search || (phase !== "search" && phase !== "confirm")) return false;
  return Number(values[search.variable]) < search.from;
}

/**
 * The benchmark with the longest times that its remaining steps may be measured for: a search that goes below its first value
 * measures longer there, and so do steps of a run whose loads are scaled.
 */
export function withLongestTimes(
  { workload, benchmark }: Load,
  isScaled: boolean,
  history: readonly Trial[],
): Benchmark {
  const { search, duration } = benchmark;
  const lower = searchBelow(workload, benchmark, history);
  if (!isScaled) return lower;
  const steps = search
    ? [...sweepSteps(benchmark), { [search.variable]: search.from }]
    : sweepSteps(benchmark);
  const longest = (seconds: number) =>
    Math.max(...steps.map((values) => decidableSeconds(withValues(workload, values), seconds)));
  const confirm = search && Math.max(lower.search?.confirm ?? 0, search.confirm && longest(search.confirm));
  return {
    ...lower,
    duration: Math.max(lower.duration, longest(duration)),
    ...(lower.search && { search: { ...lower.search, confirm: confirm ?? 0 } }),
  };
}

function searchBelow(workload: Workload, benchmark: Benchmark, history: readonly Trial[]): Benchmark {
  const { search, duration } = benchmark;
  if (!search) return benchmark;
  const { from } = reaching(workload, search, rangeOf(evidenceOf(workload, search.variable, history)));
  if (from === search.from) return benchmark;
  const load = withValues(workload, { [search.variable]: from });
  const confirm = search.confirm === 0 ? 0 : decidableSeconds(load, search.confirm);
  return { ...benchmark, duration: decidableSeconds(load, duration), search: { ...search, confirm } };
}
