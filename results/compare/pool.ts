// Combines the replicates of one side of a comparison into one run.
import type { Run } from "../../contract/result.ts";

/**
 * A run with the steps of all replicates, renumbered, and everything else from the first replicate.
 *
 * @param runs at least one, in the order in which they were made
 */
export function pooledRun(runs: readonly [Run, ...Run[]]): Run {
  const [first] = runs;
  const steps = runs.flatMap((run) => run.steps).map((step, index) => ({ ...step, step: index + 1 }));
  const warnings = [...new Set(runs.flatMap((run) => run.warnings))];
  return { ...first, steps, warnings };
}
