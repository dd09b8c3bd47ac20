import { OarError } from "./errors.ts";
import { isEnding, type Job } from "./job.ts";
import { formatWalltime } from "./walltime.ts";

/** A job that is wanted. */
export interface JobRequest {
  name: string;
  nodes: number;
  walltimeSec: number;
  queue?: string | undefined;
  /** SQL of OAR's, such as `cluster='dahu'`. */
  properties?: string | undefined;
  types: readonly string[];
  /** Advance reservation, `YYYY-MM-DD hh:mm:ss` in OAR's own time. */
  start?: string | undefined;
}

/** Where a job has a command, it lives as long as that: a year is longer than any walltime. */
export const COMMAND = "sleep 31536000";

/** Whether OAR runs nothing for a job, and only holds its nodes. */
export function isNoop({ types }: Pick<JobRequest, "types">): boolean {
  return types.some((type) => /^noop(=|$)/.test(type));
}

/** What of a job is not as wanted, a few words each; a job that was lengthened fits. Queue and types are OAR's to add to. */
export function misfits(job: Job, wanted: JobRequest): string[] {
  const missingTypes = wanted.types.filter((type) => !job.types.includes(type));
  return [
    ...(job.nodes !== undefined && job.nodes !== wanted.nodes
      ? [`has ${job.nodes} nodes, not ${wanted.nodes}`]
      : []),
    ...(job.walltimeSec !== undefined && job.walltimeSec < wanted.walltimeSec
      ? [`has ${formatWalltime(job.walltimeSec)} of walltime, not ${formatWalltime(wanted.walltimeSec)}`]
      : []),
    ...(wanted.queue !== undefined && job.queue !== wanted.queue
      ? [`is in the queue ${job.queue}, not ${wanted.queue}`]
      : []),
    ...(missingTypes.length > 0 ? [`is not of type ${missingTypes.join(", ")}`] : []),
  ];
}

/**
 * What is done for a wanted job, given this user's jobs that are not over: one that fits is adopted, and never doubled.
 * Jobs that are ending are waited for, or their nodes would be missing.
 *
 * @throws OarError where several fit, or jobs of that name exist and none fits
 */
export function choose(
  jobs: readonly Job[],
  wanted: JobRequest,
): { do: "submit" } | { do: "adopt"; job: Job } | { do: "wait"; ending: Job[] } {
  const named = jobs.filter(({ name }) => name === wanted.name);
  const living = named.filter((job) => !isEnding(job));
  const fitting = living.filter((job) => misfits(job, wanted).length === 0);
  const [job] = fitting;
  if (job && fitting.length === 1) return { do: "adopt", job };
  if (fitting.length > 1) {
    const ids = fitting.map(({ id }) => id).join(", ");
    throw new OarError("ambiguous", `${fitting.length} jobs are named ${wanted.name} and fit: ${ids}`);
  }
  if (living.length > 0) {
    const told = living.map((each) => `job ${each.id} ${misfits(each, wanted).join(" and ")}`).join("; ");
    throw new OarError("other-shape", `There is a reservation already, but another one: ${told}`);
  }
  const ending = named.filter((each) => isEnding(each));
  return ending.length > 0 ? { do: "wait", ending } : { do: "submit" };
}
