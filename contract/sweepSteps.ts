import type { Benchmark, StepValues, StepVariable, VariableValue } from "./workload.ts";

/**
 * The values of each step of a sweep: every combination, with the values of the last variable changing fastest, or side by
 * side. Without a sweep or a search it is one step with the workload as it is.
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
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(variables.map(([name, values]) => [name, values[index]])),
  );
}
