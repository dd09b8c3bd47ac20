import { formatWalltime } from "../walltime.ts";
import { OarError } from "./errors.ts";
import { isEnding, type Job, type JobEvent } from "./job.ts";

/** Why a job is over, or about to be. */
export type End = "expired" | "deleted" | "failed" | "done";

/**
 * Why a job ended, by its events: deleted and expired jobs end in the state Error as failed ones do, and those of type noop
 * in Terminated.
 */
export function endOf({ state, events }: Pick<Job, "state" | "events">): End {
  // An extension is an event of type WALLTIME too.
  const timeUp = ({ type, description }: JobEvent) =>
    type === "WALLTIME" && !/walltime changed/i.test(description);
  if (events.some(timeUp)) return "expired";
  if (events.some(({ type }) => type === "FRAG_JOB_REQUEST")) return "deleted";
  return state === "Terminated" || state === "Finishing" ? "done" : "failed";
}

/** How a job ended, as the beginning of a sentence. */
export function describeEnd(job: Job): string {
  const time = job.walltimeSec === undefined ? "" : ` of ${formatWalltime(job.walltimeSec)}`;
  switch (endOf(job)) {
    case "expired":
      return `job ${job.id} is over, its walltime${time} was up`;
    case "deleted":
      return `job ${job.id} was deleted`;
    case "done":
      return `job ${job.id} has ended`;
    case "failed":
      return `job ${job.id} failed (${describeEvents(job)})`;
  }
}

function describeEvents({ events, message }: Pick<Job, "events" | "message">): string {
  const texts = events.map(({ type, description }) => (description ? `${type}: ${description}` : type));
  return texts.length > 0 ? texts.join("; ") : message || "OAR does not say why";
}

const CODES = { expired: "expired", deleted: "killed", failed: "failed", done: "job-ended" } as const;

/** The error of a job that has ended, or is about to; undefined while all is well. */
export function endError(job: Job): OarError | undefined {
  if (!isEnding(job)) return undefined;
  const end = endOf(job);
  const events = end === "failed" ? "" : ` (${describeEvents(job)})`;
  return new OarError(CODES[end], `${describeEnd(job)}${events}`);
}

/** The error of a job that OAR does not know any more. */
export function unknownJob(id: number): OarError {
  return new OarError("killed", `OAR does not know job ${id} any more`);
}
