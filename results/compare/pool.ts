// Replicates of one side of a comparison, as one run.
import type { Run } from "../../contract/result.ts";

/**
 * The steps of all replicates, with new numbers, and everything else of the first one.
 *
 * @param runs in the order in which they were made, at least one
 */
export function pooledRun(runs: readonly [Run, ...Run[]]): Run {
  const [first] = runs;
  const steps = runs.flatMap((run) => run.steps).map((step, index) => ({ ...step, step: index + 1 }));
  const warnings = [...new Set(runs.flatMap((run) => run.warnings))];
  return { ...first, steps, warnings };
}
