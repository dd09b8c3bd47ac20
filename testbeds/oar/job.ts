import { quoteForeign } from "../../lib/hostNames.ts";
import { oarError } from "./errors.ts";

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
/** A state of a job. */
export type JobState = (typeof JOB_STATES)[number];

/** An event in the life of a job, such as `FRAG_JOB_REQUEST` (its deletion was requested). */
export interface JobEvent {
  type: string;
  description: string;
}

/** A job as OAR reports it, over SSH or REST. Times are seconds since 1970, by OAR's clock. */
export interface Job {
  id: number;
  name: string;
  owner: string;
  state: JobState;
  queue: string;
  /** The project that the job is accounted to; undefined if OAR does not report it. */
  project?: string;
  types: string[];
  /** The scheduler's message, such as why the job waits. */
  message: string;
  /** How many nodes were requested; undefined if OAR does not report it (Grid'5000, until nodes are planned). */
  nodes?: number;
  /** Undefined if OAR does not report it yet. */
  walltimeSec?: number;
  startedAt?: number;
  /** When the scheduler plans to start it. */
  scheduledAt?: number;
  /** Host names of its nodes, each once, in OAR's order. Empty before it runs, even if OAR already plans some. */
  addresses: string[];
  events: JobEvent[];
  /** When OAR reported this. */
  readAt: number;
}

/** Reads a state, in any case. @throws SwarmbenchError `oar-unreadable` for an unknown state */
export function jobState(text: string): JobState {
  const state = JOB_STATES.find((each) => each.toLowerCase() === text.toLowerCase());
  if (!state)
    throw oarError("oar-unreadable", `OAR reports a job in the unknown state ${quoteForeign(text)}`);
  return state;
}

/** Whether a job has ended. */
export function isOver({ state }: Pick<Job, "state">): boolean {
  return state === "Error" || state === "Terminated";
}

/** Whether a job has ended or is about to; OAR may still list it as running for some seconds. */
export function isEnding(job: Pick<Job, "state" | "events">): boolean {
  return isOver(job) || job.state === "toError" || job.state === "Finishing" || isDeletionRequested(job);
}

/** Whether somebody has requested the deletion of a job. */
export function isDeletionRequested({ events }: Pick<Job, "events">): boolean {
  return events.some(({ type }) => type === "FRAG_JOB_REQUEST");
}

/** Seconds until OAR ends a running job; undefined if it does not run or its walltime is unknown. */
export function remainingSec({ state, startedAt, walltimeSec, readAt }: Job): number | undefined {
  if (state !== "Running" || !startedAt || walltimeSec === undefined) return undefined;
  return Math.max(0, startedAt + walltimeSec - readAt);
}

/** The nodes of a running job, each once, and none before it runs: OAR and Grid'5000 also list nodes that are only planned. */
export function addressesOf(state: JobState, addresses: readonly string[]): string[] {
  // OAR has one line for each core. The order is kept because it begins with the head node.
  return state === "Running" ? [...new Set(addresses)] : [];
}
