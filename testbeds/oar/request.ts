import { formatWalltime } from "../walltime.ts";
import { oarError } from "./errors.ts";
import { isEnding, type Job } from "./job.ts";

/** A job to submit. */
export interface JobRequest {
  name: string;
  nodes: number;
  walltimeSec: number;
  queue?: string;
  /** The project that the job is accounted to (`oarsub --project`). */
  project?: string;
  /** An SQL condition on OAR's properties, such as `cluster='dahu'`. */
  properties?: string;
  types: readonly string[];
  /** Start of an advance reservation, `YYYY-MM-DD hh:mm:ss` in OAR's time zone. */
  start?: string;
}

/** The command of a job. A job ends with its command: a year is longer than any walltime. */
export const COMMAND = "sleep 31536000";

/** Whether OAR only reserves the nodes of a job and runs no command. */
export function isNoop({ types }: Pick<JobRequest, "types">): boolean {
  return types.some((type) => /^noop(=|$)/.test(type));
}

/** How a job differs from the wanted one, a few words for each difference. Extended jobs fit, and OAR may add a queue and types. */
export function misfits(job: Job, wanted: JobRequest): string[] {
  const { nodes, walltimeSec, queue, project, types } = wanted;
  const missingTypes = types.filter((type) => !job.types.includes(type));
  const differences: string[] = [];
  if (job.nodes !== undefined && job.nodes !== nodes) {
    differences.push(`has ${job.nodes} nodes, not ${nodes}`);
  }
  if (job.walltimeSec !== undefined && job.walltimeSec < walltimeSec) {
    differences.push(
      `has ${formatWalltime(job.walltimeSec)} of walltime, not ${formatWalltime(walltimeSec)}`,
    );
  }
  if (queue !== undefined && job.queue !== queue) {
    differences.push(`is in the queue ${job.queue}, not ${queue}`);
  }
  if (project !== undefined && job.project !== undefined && job.project !== project) {
    differences.push(`is in the project ${job.project}, not ${project}`);
  }
  if (missingTypes.length > 0) differences.push(`is not of type ${missingTypes.join(", ")}`);
  return differences;
}

/**
 * Decides what to do for a wanted job, given this user's jobs that have not ended: a job that fits is adopted instead of
 * submitting a second one. Ending jobs are waited for, because they still hold their nodes.
 *
 * @throws SwarmbenchError if several fit, or if jobs of that name exist and none fits
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
    throw oarError("oar-ambiguous", `${fitting.length} jobs named ${wanted.name} fit: ${ids}`);
  }
  if (living.length > 0) {
    const differences = living
      .map((each) => `job ${each.id} ${misfits(each, wanted).join(" and ")}`)
      .join("; ");
    throw oarError("oar-other-shape", `A different reservation already exists: ${differences}`);
  }
  const ending = named.filter((each) => isEnding(each));
  return ending.length > 0 ? { do: "wait", ending } : { do: "submit" };
}
