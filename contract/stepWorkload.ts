import { type StepValues, type Workload, workloadSchema } from "./workload.ts";

/**
 * The workload of one step: the run's workload with the values that the step varies.
 *
 * @throws z.ZodError if a value is wrong, or conflicts with the others
 */
export function withValues(workload: Workload, values: StepValues): Workload {
  const step: Record<string, unknown> = { ...workload, ...values };
  // A step's rate replaces the workload's total rate, and the other way round.
  if ("rate" in values && !("totalRate" in values)) delete step.totalRate;
  if ("totalRate" in values && !("rate" in values)) delete step.rate;
  return workloadSchema.parse(step);
}
