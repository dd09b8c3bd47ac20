import { OarError } from "./errors.ts";

/** OAR's states of a job. Grid'5000's API writes them in lower case. */
export const JOB_STATES = [
  "Waiting",
  "Hold",
  "toAckReservation",
  "toLaunch",
  "Launching",
  "Running",
  "Suspended",
  "Resuming",
  "Finishing",
  "toError",
  "Error",
  "Terminated",
] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobEvent {
  type: string;
  description: string;
}

/** A job as OAR tells of it, whichever way it was asked. Times are seconds since 1970, by OAR's clock. */
export interface Job {
  id: number;
  name: string;
  owner: string;
  state: JobState;
  queue: string;
  types: string[];
  /** What the scheduler says: why it waits, among others. */
  message: string;
  /** How many nodes were asked for; absent where this cannot be told (Grid'5000, until it runs). */
  nodes?: number;
  /** Absent where it cannot be told yet. */
  walltimeSec?: number;
  startedAt?: number;
  /** When the scheduler means to start it. */
  scheduledAt?: number;
  /** Of its nodes, each once, in OAR's order. None before it runs, whatever OAR already plans. */
  addresses: string[];
  events: JobEvent[];
  /** When OAR said all this. */
  readAt: number;
}

/** @throws OarError for a state that OAR does not have */
export function jobState(text: string): JobState {
  const state = JOB_STATES.find((each) => each.toLowerCase() === text.toLowerCase());
  if (!state) throw new OarError("unreadable", `OAR says that a job is in the state "${text}"`);
  return state;
}

export function isOver({ state }: Pick<Job, "state">): boolean {
  return state === "Error" || state === "Terminated";
}

/** It goes and will not come back, although it may still be listed as running for some seconds. */
export function isEnding(job: Pick<Job, "state" | "events">): boolean {
  return (
    isOver(job) ||
    job.state === "toError" ||
    job.state === "Finishing" ||
    job.events.some(({ type }) => type === "FRAG_JOB_REQUEST")
  );
}

/** Why a job is over, or about to be. */
export type End = "expired" | "deleted" | "failed" | "done";

/**
 * How a job came to its end. A job that was deleted, or whose time was up, ends in Error as one that failed does (and one
 * of type noop ends in Terminated): the events tell. An extension is an event of type WALLTIME too.
 */
export function endOf({ state, events }: Pick<Job, "state" | "events">): End {
  const timeUp = ({ type, description }: JobEvent) =>
    type === "WALLTIME" && !/walltime changed/i.test(description);
  if (events.some(timeUp)) return "expired";
  if (events.some(({ type }) => type === "FRAG_JOB_REQUEST")) return "deleted";
  return state === "Terminated" || state === "Finishing" ? "done" : "failed";
}

/** OAR has a line for each core: the order is kept, for it begins with the head node. */
export function eachOnce(addresses: readonly string[]): string[] {
  return [...new Set(addresses)];
}

/** The same node names as a job has while it runs, and none before: OAR and Grid'5000 also list what is only planned. */
export function addressesOf(state: JobState, addresses: readonly string[]): string[] {
  return state === "Running" ? eachOnce(addresses) : [];
}

/** The events as a sentence's end, for a job that ended against our will. */
export function tellEvents({ events, message }: Pick<Job, "events" | "message">): string {
  const told = events.map(({ type, description }) => (description ? `${type}: ${description}` : type));
  return told.length > 0 ? told.join("; ") : message || "OAR does not say why";
}
