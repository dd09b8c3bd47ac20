import type { Job } from "./job.ts";

/** Seconds as OAR writes a walltime: `1:05:00`. */
export function formatWalltime(sec: number): string {
  const whole = Math.max(0, Math.round(sec));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `0:10:0`, `2:0:0` or `2`, hours first, as seconds. */
export function parseWalltime(text: string): number | undefined {
  if (!/^\d+(:\d+){0,2}$/.test(text)) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

/** Seconds until OAR ends a running job; undefined where it does not run, or its walltime is not known. */
export function remainingSec({ state, startedAt, walltimeSec, readAt }: Job): number | undefined {
  if (state !== "Running" || !startedAt || walltimeSec === undefined) return undefined;
  return Math.max(0, startedAt + walltimeSec - readAt);
}

/** Left over at the end for results to be fetched and services to be stopped. */
export const MARGIN_SEC = 60;

/** How many seconds are missing for a run of that length; 0 where it fits. */
export function missingSec(leftSec: number, plannedSec: number, marginSec = MARGIN_SEC): number {
  return Math.max(0, plannedSec + marginSec - leftSec);
}

/**
 * What is to be said where a run may not fit into what is left of a reservation, with figures; undefined where it fits, or
 * nothing is known.
 */
export function missingWarning(
  leftSec: number,
  { leastSec, mostSec }: { leastSec: number; mostSec: number },
): string | undefined {
  const missing = missingSec(leftSec, mostSec);
  if (missing === 0) return undefined;
  const certain = missingSec(leftSec, leastSec);
  const takes =
    leastSec === mostSec
      ? formatWalltime(mostSec)
      : `from ${formatWalltime(leastSec)} to ${formatWalltime(mostSec)}`;
  const lacks =
    certain > 0
      ? `at least ${formatWalltime(certain)} are missing`
      : `up to ${formatWalltime(missing)} may be missing`;
  return `the benchmark takes ${takes}, and ${formatWalltime(leftSec)} of the reservation are left: ${lacks}. Lengthen it (npm run reserve -- -s SCENARIO --extend "${Math.ceil(missing / 60)} minutes"), or reserve with a longer swarmbench:testbed.walltime`;
}
