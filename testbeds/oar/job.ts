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

/** A job as OAR reports it, over SSH or REST. Times are seconds since 1970, by OAR's clock. */
export interface Job {
  id: number;
  name: string;
  owner: string;
  state: JobState;
  queue: string;
  types: string[];
  /** What the scheduler says, among others why the job waits. */
  message: string;
  /** How many nodes were asked for; undefined if OAR does not say (Grid'5000, until the job runs). */
  nodes?: number;
  /** Undefined if OAR does not say yet. */
  walltimeSec?: number;
  startedAt?: number;
  /** When the scheduler plans to start it. */
  scheduledAt?: number;
  /** Its nodes, each once, in OAR's order. Empty before it runs, even if OAR already plans some. */
  addresses: string[];
  events: JobEvent[];
  /** When OAR reported all this. */
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

/** Whether a job is over or about to be; OAR may still list it as running for some seconds. */
export function isEnding(job: Pick<Job, "state" | "events">): boolean {
  return (
    isOver(job) ||
    job.state === "toError" ||
    job.state === "Finishing" ||
    job.events.some(({ type }) => type === "FRAG_JOB_REQUEST")
  );
}

/** Seconds until OAR ends a running job; undefined if it does not run or its walltime is not known. */
export function remainingSec({ state, startedAt, walltimeSec, readAt }: Job): number | undefined {
  if (state !== "Running" || !startedAt || walltimeSec === undefined) return undefined;
  return Math.max(0, startedAt + walltimeSec - readAt);
}

/** The nodes of a running job, each once, and none before it runs: OAR and Grid'5000 also list nodes that are only planned. */
export function addressesOf(state: JobState, addresses: readonly string[]): string[] {
  // OAR has a line for each core. The order is kept, because it begins with the head node.
  return state === "Running" ? [...new Set(addresses)] : [];
}
