import type { Benchmark, StepValues, StepVariable, VariableValue } from "../../contract/workload.ts";

/**
 * The values of each step of a sweep: every combination, the last variable's values changing first, or side by side. One
 * step of the workload as it is where there is neither a sweep nor a search.
 */
export function sweepSteps({
  sweep,
  combine,
  search,
}: Pick<Benchmark, "sweep" | "combine" | "search">): StepValues[] {
  if (!sweep) return search ? [] : [{}];
  const variables = Object.entries(sweep) as [StepVariable, VariableValue[]][];
  if (combine === "product") {
    return variables.reduce<StepValues[]>(
      (steps, [name, values]) => steps.flatMap((step) => values.map((value) => ({ ...step, [name]: value }))),
      [{}],
    );
  }
  const count = Math.min(...variables.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, at) =>
    Object.fromEntries(variables.map(([name, values]) => [name, values[at]])),
  );
}
