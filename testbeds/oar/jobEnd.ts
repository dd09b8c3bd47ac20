import type { SwarmbenchError } from "../../contract/errors.ts";
import { formatWalltime } from "../walltime.ts";
import { oarError } from "./errors.ts";
import { isEnding, type Job, type JobEvent } from "./job.ts";

/** Why a job ended or is about to. */
export type End = "expired" | "deleted" | "failed" | "done";

/**
 * Why a job ended, by its events. The state is not enough: deleted and expired jobs end in the state Error like failed ones,
 * and those of type noop in Terminated.
 */
export function endOf({ state, events }: Pick<Job, "state" | "events">): End {
  // An extension is an event of type WALLTIME too.
  const timeUp = ({ type, description }: JobEvent) =>
    type === "WALLTIME" && !/walltime changed/i.test(description);
  if (events.some(timeUp)) return "expired";
  if (events.some(({ type }) => type === "FRAG_JOB_REQUEST")) return "deleted";
  return state === "Terminated" || state === "Finishing" ? "done" : "failed";
}

/** Describes how a job ended. */
export function describeEnd(job: Job): string {
  const time = job.walltimeSec === undefined ? "" : ` of ${formatWalltime(job.walltimeSec)}`;
  switch (endOf(job)) {
    case "expired":
      return `the walltime${time} of job ${job.id} is over`;
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
  return texts.length > 0 ? texts.join("; ") : message || "OAR gives no reason";
}

const CODES = {
  expired: "oar-expired",
  deleted: "oar-killed",
  failed: "oar-job-failed",
  done: "oar-job-ended",
} as const;

/** The error of a job that has ended or is about to; undefined for any other job. */
export function endError(job: Job): SwarmbenchError | undefined {
  if (!isEnding(job)) return undefined;
  const end = endOf(job);
  const events = end === "failed" ? "" : ` (${describeEvents(job)})`;
  return oarError(CODES[end], `${describeEnd(job)}${events}`);
}

/** The error of a job that OAR no longer knows. */
export function unknownJob(id: number): SwarmbenchError {
  return oarError("oar-killed", `OAR no longer knows job ${id}`);
}
