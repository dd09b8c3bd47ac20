import { setTimeout as delay } from "node:timers/promises";
import type { Door } from "./door.ts";
import { hasCode, OarError } from "./errors.ts";
import { endOf, isEnding, isOver, type Job, tellEvents } from "./job.ts";
import { slotName, slotOf } from "./names.ts";
import { choose, type JobRequest } from "./request.ts";
import { formatWalltime, remainingSec } from "./walltime.ts";

/** What runs it: time is a parameter, so that tests need none. */
export interface Watch {
  now: () => number;
  /** Ends early, without an error, where the signal comes. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  progress: (line: string) => void;
  /** Ctrl-C: a job that we made and that does not run yet is deleted. */
  signal?: AbortSignal | undefined;
}

/** A {@link Watch}'s sleep, in real time. */
export async function sleepUntilCut(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => {}); // cut short: whoever sleeps looks why
}

export interface ReserveOptions {
  /** From the submission, the adoption, or the start that was asked for, until the job runs. */
  timeoutSec: number;
  pollMs?: number;
}

/** A job that runs. */
export interface Reserved {
  job: Job;
  /** It was there already. */
  adopted: boolean;
}

const POLL_MS = 1_000;
/** The interval grows up to this: a frontend is shared. */
const LONGEST_POLL_MS = 15_000;
/** So long may a frontend be away while a job is waited for. */
const AWAY_MS = 120_000;
/** So long a deletion that OAR has noted is waited for; it takes two seconds, and 40 where the job was just being launched (seen). */
export const DELETE_PATIENCE_MS = 60_000;
/** After a line that was lost, oarsub may take this long to come to its end by itself. */
const LOST_LOOKS = 3;

/**
 * Makes a job, or takes the one that is there, and waits until it runs.
 *
 * @throws OarError that says what to do next; then a job of ours that does not run yet is deleted, one that was there is not
 */
export async function reserve(
  door: Door,
  wanted: JobRequest,
  watch: Watch,
  options: ReserveOptions,
): Promise<Reserved> {
  const { job, adopted } = await takeOrMake(door, wanted, watch);
  try {
    const running = await untilRunning(door, job, watch, { ...options, planned: wanted.start !== undefined });
    if (running.addresses.length < wanted.nodes) {
      throw new OarError(
        "too-few-nodes",
        `job ${running.id} runs with ${running.addresses.length} nodes (${running.addresses.join(", ")}), not ${wanted.nodes}`,
      );
    }
    return { job: running, adopted };
  } catch (error) {
    if (!adopted && hasCode(error, "timeout", "interrupted")) {
      error.message = `${error.message}\n${await giveUp(door, job, watch)}`;
    }
    throw error;
  }
}

async function takeOrMake(
  door: Door,
  wanted: JobRequest,
  watch: Watch,
): Promise<{ job: number; adopted: boolean }> {
  for (;;) {
    const choice = choose(await ours(door, wanted), wanted);
    if (choice.do === "wait") {
      const ids = choice.ending.map(({ id }) => id);
      watch.progress(`job ${ids.join(", ")} of that name is ending: waiting for its end`);
      await untilOver(door, ids, watch);
      continue;
    }
    if (choice.do === "adopt") {
      watch.progress(`job ${choice.job.id} is there already (${choice.job.state}), and is taken`);
      return { job: choice.job.id, adopted: true };
    }
    interrupt(watch, "nothing was reserved");
    await tellOfEarlier(door, wanted, watch);
    return { job: await submit(door, wanted, watch), adopted: false };
  }
}

const ours = async (door: Door, { name }: JobRequest) =>
  (await door.jobs(name)).filter((job) => job.name === name);

/** Whoever finds new nodes wants to know what became of the old ones. */
async function tellOfEarlier(door: Door, { name }: JobRequest, watch: Watch): Promise<void> {
  const earlier = await door.latest(name);
  if (earlier && isOver(earlier)) watch.progress(`${tellEnd(earlier)}: reserving again`);
}

/** How a job came to its end, as the beginning of a sentence. */
export function tellEnd(job: Job): string {
  const time = job.walltimeSec === undefined ? "" : ` of ${formatWalltime(job.walltimeSec)}`;
  switch (endOf(job)) {
    case "expired":
      return `job ${job.id} is over, its walltime${time} was up`;
    case "deleted":
      return `job ${job.id} was deleted`;
    case "done":
      return `job ${job.id} has ended`;
    case "failed":
      return `job ${job.id} failed (${tellEvents(job)})`;
  }
}

async function submit(door: Door, wanted: JobRequest, watch: Watch): Promise<number> {
  try {
    const id = await door.submit(wanted, watch.signal);
    watch.progress(`job ${id} is made: ${wanted.nodes} nodes for ${formatWalltime(wanted.walltimeSec)}`);
    return id;
  } catch (error) {
    if (!hasCode(error, "line-lost")) throw error;
    const found = await afterLoss(door, wanted, watch);
    if (!found) throw error;
    watch.progress(`the line was lost as job ${found} was made: found by its name`);
    return found;
  }
}

async function afterLoss(door: Door, wanted: JobRequest, watch: Watch): Promise<number | undefined> {
  for (let look = 1; look <= LOST_LOOKS; look += 1) {
    await watch.sleep(look * 1_000);
    const jobs = await ours(door, wanted).catch((error) => {
      if (hasCode(error, "line-lost", "unreachable")) return [];
      throw error;
    });
    const living = jobs.filter((job) => !isEnding(job)).at(-1);
    if (living) return living.id;
  }
  return undefined;
}

function interrupt({ signal }: Watch, what: string): void {
  if (signal?.aborted) throw new OarError("interrupted", `interrupted: ${what}`);
}

async function untilRunning(
  door: Door,
  id: number,
  watch: Watch,
  { timeoutSec, pollMs = POLL_MS, planned }: ReserveOptions & { planned: boolean },
): Promise<Job> {
  let end = watch.now() + timeoutSec * 1_000;
  let seen = watch.now();
  let said = "";
  let last: Job | undefined;
  for (let poll = pollMs; ; poll = Math.min(poll * 1.3, LONGEST_POLL_MS)) {
    interrupt(watch, `job ${id} does not run yet`);
    const job = await look(door, id, watch, seen);
    if (job !== "away") {
      seen = watch.now();
      last = job;
      // Of a job that is to start at a given time, it is that start which may be late.
      if (planned && job.scheduledAt) {
        end = Math.max(end, watch.now() + (job.scheduledAt - job.readAt + timeoutSec) * 1_000);
      }
      if (job.state === "Running" && !isEnding(job)) return job;
      if (isEnding(job)) throw ended(job);
      const line = await tellWaiting(door, job);
      if (line !== said) watch.progress(line);
      said = line;
    }
    const left = end - watch.now();
    if (left <= 0) throw await tooLate(door, id, last, timeoutSec);
    await watch.sleep(Math.min(poll, left), watch.signal);
  }
}

/** A frontend that is away for a while is no reason to give the place in the queue up. */
async function look(door: Door, id: number, watch: Watch, seen: number): Promise<Job | "away"> {
  try {
    const job = await door.job(id);
    if (!job) throw new OarError("killed", `OAR does not know job ${id} any more`);
    return job;
  } catch (error) {
    if (!hasCode(error, "line-lost", "unreachable") || watch.now() - seen > AWAY_MS) throw error;
    watch.progress(`job ${id}: ${error.message.split("\n")[0]}; trying again`);
    return "away";
  }
}

function ended(job: Job): OarError {
  const code = { expired: "expired", deleted: "killed", failed: "failed", done: "job-ended" } as const;
  const events = tellEvents(job);
  return new OarError(code[endOf(job)], `${tellEnd(job)}${endOf(job) === "failed" ? "" : ` (${events})`}`);
}

/** The state of a job that runs no more, or not as it should, as an error; undefined while all is well. */
export function troubleOf(job: Job): OarError | undefined {
  return isEnding(job) ? ended(job) : undefined;
}

async function tellWaiting(door: Door, job: Job): Promise<string> {
  const ahead = job.state === "Waiting" ? await door.ahead(job).catch(() => undefined) : undefined;
  const parts = [
    job.state,
    ...(ahead === undefined
      ? []
      : [ahead === 0 ? "first in the queue" : `${ahead} jobs before it in the queue`]),
    ...(job.scheduledAt ? [`start expected ${timeOf(job.scheduledAt)}`] : []),
    ...(job.state === "Hold" ? [`it is held: oarresume ${job.id}`] : []),
    ...(job.message ? [`OAR says: ${job.message}`] : []),
  ];
  return `job ${job.id}: ${parts.join(", ")}`;
}

export function timeOf(sec: number): string {
  return `${new Date(sec * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

async function tooLate(door: Door, id: number, last: Job | undefined, timeoutSec: number): Promise<OarError> {
  const nodes = await door.nodeStates().catch(() => ({}));
  const states = Object.entries(nodes).map(([state, count]) => `${count} ${state}`);
  const why = [
    ...(last?.message ? [`OAR says: ${last.message}`] : []),
    ...(last?.scheduledAt ? [`start expected ${timeOf(last.scheduledAt)}`] : []),
    ...(states.length > 0 ? [`nodes: ${states.join(", ")}`] : []),
  ];
  const state = last?.state ?? "not seen";
  return new OarError(
    "timeout",
    `job ${id} does not run after ${Math.round(timeoutSec)} s (${state})${why.length > 0 ? `. ${why.join(". ")}` : ""}`,
  );
}

/** Deletes a job that we made, unless it runs by now. @returns what became of it, a sentence */
async function giveUp(door: Door, id: number, watch: Watch): Promise<string> {
  try {
    const job = await door.job(id);
    if (job?.state === "Running" && !isEnding(job)) {
      return `Job ${id} has just begun to run, and stays: the next run takes it.`;
    }
    await door.remove(id);
    await untilOver(door, [id], { ...watch, signal: undefined }, 10_000);
    return `Job ${id} was deleted.`;
  } catch (error) {
    if (hasCode(error, "delete-pending")) return `The deletion of job ${id} is noted.`;
    return `Job ${id} could not be deleted: ${(error as Error).message}`;
  }
}

/** Waits until jobs are over, or unknown. @throws OarError of code `delete-pending` where that takes too long */
async function untilOver(
  door: Door,
  ids: readonly number[],
  watch: Watch,
  patienceMs = DELETE_PATIENCE_MS,
): Promise<void> {
  const end = watch.now() + patienceMs;
  for (let left = [...ids]; ; ) {
    const jobs = await Promise.all(left.map((id) => door.job(id)));
    left = left.filter((_, index) => {
      const job = jobs[index];
      return job !== undefined && !isOver(job);
    });
    if (left.length === 0) return;
    interrupt(watch, "a job is still ending");
    if (watch.now() >= end) {
      throw new OarError(
        "delete-pending",
        `job ${left.join(", ")} is not over after ${patienceMs / 1_000} s`,
      );
    }
    await watch.sleep(700, watch.signal);
  }
}

/** This user's jobs of a stack, those too that are ending; a door gives also such whose name only begins so. */
export async function jobsOf(door: Door, base: string): Promise<Job[]> {
  return (await door.jobs(base)).filter(({ name }) => slotOf(base, name) !== undefined);
}

/**
 * Deletes this user's jobs of a stack, of one slot or of all; also those that no state knows. Nothing to delete is success,
 * and so is a job that is ending already. Other users' jobs of the same name are not even seen.
 *
 * @returns the ids of the jobs that are over now
 * @throws OarError of code `delete-pending` where OAR has noted the deletion, and not carried it out
 */
export async function release(
  door: Door,
  base: string,
  watch: Watch,
  { slots, patienceMs = DELETE_PATIENCE_MS }: { slots?: readonly number[]; patienceMs?: number } = {},
): Promise<number[]> {
  const names = slots?.map((slot) => slotName(base, slot));
  const jobs = (await jobsOf(door, base)).filter(({ name }) => names?.includes(name) ?? true);
  const ids = jobs.map(({ id }) => id);
  for (const job of jobs) {
    if (!isEnding(job)) await removeGone(door, job.id);
  }
  await untilOver(door, ids, watch, patienceMs);
  return ids;
}

/** A job that has vanished meanwhile is refused as another user's would be. */
async function removeGone(door: Door, id: number): Promise<void> {
  try {
    await door.remove(id);
  } catch (error) {
    if (!hasCode(error, "not-owner")) throw error;
    const job = await door.job(id);
    if (job && !isOver(job)) throw error;
  }
}

/** Deletes one job by its id. A job that is not there is success. @throws OarError for another user's */
export async function releaseJob(
  door: Door,
  id: number,
  watch: Watch,
  patienceMs = DELETE_PATIENCE_MS,
): Promise<void> {
  await removeGone(door, id);
  await untilOver(door, [id], watch, patienceMs);
}

/**
 * Lengthens a running job, and waits until OAR has done so: it grants it at its next look.
 *
 * @throws OarError where the testbed does not do that, or not as much
 */
export async function extend(door: Door, id: number, bySec: number, watch: Watch): Promise<Job> {
  const before = await door.job(id);
  if (!before) throw new OarError("not-found", `OAR knows of no job ${id}`);
  if (isEnding(before)) throw ended(before);
  if (before.state !== "Running") throw new OarError("not-running", `job ${id} is ${before.state}`);
  await door.extend(id, bySec);
  const wanted = (before.walltimeSec ?? 0) + bySec;
  const end = watch.now() + DELETE_PATIENCE_MS;
  for (;;) {
    const job = await door.job(id);
    if (job && (job.walltimeSec ?? 0) >= wanted) {
      watch.progress(`job ${id} has ${formatWalltime(remainingSec(job) ?? 0)} left`);
      return job;
    }
    if (!job || isEnding(job))
      throw job ? ended(job) : new OarError("killed", `OAR does not know job ${id} any more`);
    if (watch.now() >= end) {
      throw new OarError(
        "walltime-refused",
        `job ${id} is not longer after ${DELETE_PATIENCE_MS / 1_000} s: a job comes after it`,
      );
    }
    await watch.sleep(700, watch.signal);
  }
}
