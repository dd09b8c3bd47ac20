import type { Watch } from "../watch.ts";
import { jobsOf, type OarClient } from "./client.ts";
import { hasCode, oarError } from "./errors.ts";
import { isDeletionRequested, isEnding, isOver, type Job } from "./job.ts";
import { slotName } from "./names.ts";

/** A deletion takes two seconds, and up to 40 if the job was just being launched. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 700;

/**
 * Deletes this user's jobs of a stack, of some slots or of all, including jobs that Pulumi's state does not know. Succeeds if
 * there is nothing to delete or a job is ending already. Other users' jobs of the same name are not touched.
 *
 * @returns the ids of the jobs that are over now
 * @throws SwarmbenchError `oar-delete-pending` if OAR does not carry out the deletion within `timeoutMs`
 */
export async function release(
  client: OarClient,
  base: string,
  watch: Watch,
  { slots, timeoutMs = TIMEOUT_MS }: { slots?: readonly number[]; timeoutMs?: number } = {},
): Promise<number[]> {
  const names = slots?.map((slot) => slotName(base, slot));
  const jobs = (await jobsOf(client, base)).filter(({ name }) => names?.includes(name) ?? true);
  const ids = jobs.map(({ id }) => id);
  for (const job of jobs) {
    if (!isEnding(job)) await remove(client, job.id);
  }
  await repeatDeletions(client, jobs);
  await untilOver(client, ids, watch, timeoutMs);
  return ids;
}

/** Deletes one job by its id; succeeds if it does not exist. @throws SwarmbenchError for another user's job */
export async function releaseJob(
  client: OarClient,
  id: number,
  watch: Watch,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  await remove(client, id);
  await untilOver(client, [id], watch, timeoutMs);
}

/**
 * Requests the deletion of jobs again for which it was requested before. If its server was down then, OAR carries it out only when
 * the server receives the next request, and may start the job until then.
 */
export async function repeatDeletions(client: OarClient, jobs: readonly Job[]): Promise<void> {
  for (const job of jobs.filter((each) => isDeletionRequested(each) && !isOver(each))) {
    await client.remove(job.id).catch(() => {}); // the wait for its end reports a job that stays
  }
}

/** OAR gives the same answer for a job that no longer exists and for another user's job. */
async function remove(client: OarClient, id: number): Promise<void> {
  try {
    await client.remove(id);
  } catch (error) {
    if (!hasCode(error, "oar-not-owner")) throw error;
    const job = await client.job(id);
    if (job && !isOver(job)) throw error;
  }
}

/** Waits until jobs have ended or are unknown. @throws SwarmbenchError `oar-delete-pending` after `timeoutMs` */
export async function untilOver(
  client: OarClient,
  ids: readonly number[],
  watch: Watch,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const end = watch.now() + timeoutMs;
  for (let left = [...ids]; ; ) {
    const jobs = await Promise.all(left.map((id) => client.job(id)));
    left = left.filter((_, index) => {
      const job = jobs[index];
      return job !== undefined && !isOver(job);
    });
    if (left.length === 0) return;
    if (watch.signal?.aborted) {
      throw oarError("interrupted", "interrupted: a job is still ending");
    }
    if (watch.now() >= end) {
      throw oarError("oar-delete-pending", `job ${left.join(", ")} is not over after ${timeoutMs / 1_000} s`);
    }
    await watch.sleep(POLL_MS, watch.signal);
  }
}
