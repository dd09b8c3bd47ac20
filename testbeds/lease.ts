import { formatWalltime } from "./walltime.ts";

/** How long nodes stay reserved. No method of a lease fails a run: errors are reported as warnings. */
export interface Lease {
  /** Seconds until the first node is released, by the last answer of the testbed; undefined before the first answer. */
  remaining(): number | undefined;
  /**
   * Asks the testbed how long the lease lasts. If the scenario allows it, extends the lease to the longest of the wanted
   * durations that the testbed grants. A call during another call waits for the other one.
   *
   * @param wantedSec possible durations of the remaining work, in seconds; {@link MARGIN_SEC} is added. Empty: only asks
   */
  extend(wantedSec: readonly number[]): Promise<void>;
}

/** Seconds kept at the end of a lease for fetching results and stopping services. */
export const MARGIN_SEC = 60;

/** By how many seconds a lease is too short for work of `plannedSec`; 0 if it is long enough. */
export function missingSec(leftSec: number, plannedSec: number): number {
  return Math.max(0, plannedSec + MARGIN_SEC - leftSec);
}

/** The warning for a benchmark that may not fit into its lease, with durations; undefined if it fits. */
export function missingWarning(
  leftSec: number,
  { leastSec, mostSec }: { leastSec: number; mostSec: number },
): string | undefined {
  const missing = missingSec(leftSec, mostSec);
  if (missing === 0) return undefined;
  const certain = missingSec(leftSec, leastSec);
  const duration =
    leastSec === mostSec
      ? formatWalltime(mostSec)
      : `from ${formatWalltime(leastSec)} to ${formatWalltime(mostSec)}`;
  const shortage =
    certain > 0
      ? `at least ${formatWalltime(certain)} are missing`
      : `up to ${formatWalltime(missing)} may be missing`;
  return `the benchmark takes ${duration}, and ${formatWalltime(leftSec)} of the reservation are left: ${shortage}. Extend it (npm run reserve -- -s SCENARIO --extend "${Math.ceil(missing / 60)} minutes"), or reserve with a longer swarmbench:testbed.walltime`;
}
