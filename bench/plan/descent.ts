// Lower loads for a search whose first value already misses the SLO.
import { plainMessage } from "../../contract/plainMessage.ts";
import { isWholeVariable, type Search, type Workload, workloadSchema } from "../../contract/workload.ts";
import { type Range, upperOf } from "./bracket.ts";

/** How often a search halves its first value at most, if no value meets the SLO. */
const HALVINGS = 4;

/**
 * The smallest value that a search may try: its first value halved up to {@link HALVINGS} times, as far as the workload allows.
 * There are at least as many producers as topics, and as agent nodes.
 */
export function leastValue(
  workload: Workload,
  { variable, from }: Pick<Search, "variable" | "from">,
): number {
  let least = from;
  for (let count = 0; count < HALVINGS; count += 1) {
    const half = halfOf(variable, least);
    if (half >= least || !isAllowed(workload, variable, half)) break;
    least = half;
  }
  return least;
}

/**
 * The search with the range that it may use: `from` is its least value once a value up to its first one has missed the SLO or
 * was beyond the generator's limit. Until then the search itself.
 */
export function reaching(workload: Workload, search: Search, range: Range): Search {
  const upper = upperOf(range);
  if (!upper || upper.value > search.from) return search;
  return { ...search, from: Math.min(search.from, leastValue(workload, search)) };
}

/**
 * The next lower value while none has met the SLO.
 *
 * @param from the first value of the search as the scenario has it
 * @param least the smallest value that it may try
 * @returns undefined: the least value has been tried, or a value above the first one failed, which calls for no lower one
 */
export function lowerValue(
  { good, ...range }: Range,
  variable: Search["variable"],
  from: number,
  least: number,
): number | undefined {
  const upper = upperOf({ good, ...range });
  if (good || !upper || upper.value > from || upper.value <= least) return undefined;
  return Math.max(least, halfOf(variable, upper.value));
}

function halfOf(variable: Search["variable"], value: number): number {
  return isWholeVariable(variable) ? Math.max(1, Math.floor(value / 2)) : Number((value / 2).toPrecision(4));
}

function isAllowed(workload: Workload, variable: Search["variable"], value: number): boolean {
  const { topics = 1, nodes = 1 } = workload;
  if (variable === "producers" && value < Math.max(topics, nodes)) return false;
  return workloadSchema.shape[variable].safeParse(value, { error: plainMessage }).success;
}
