import { formatWalltime } from "../walltime.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { hasCode, oarError } from "./errors.ts";
import { isEnding, isOver, type Job } from "./job.ts";
import { describeEnd } from "./jobEnd.ts";
import { repeatDeletions, untilOver } from "./release.ts";
import { choose, type JobRequest } from "./request.ts";
import { untilRunning, type WaitOptions } from "./untilRunning.ts";

/** A job that runs. */
export interface Reserved {
  job: Job;
  /** Whether the job existed before. */
  adopted: boolean;
}

/** After a lost connection oarsub may still be running: the number of searches for the job, after 1 s, 2 s and 3 s. */
const SEARCHES_AFTER_LOSS = 3;
/** How long to wait for the end of a deleted job. */
const GIVE_UP_MS = 10_000;

/**
 * Submits a job, or adopts an existing one, and waits until it runs.
 *
 * @throws SwarmbenchError. If the wait timed out or was interrupted, a job that this call submitted is deleted unless it runs
 */
export async function reserve(
  client: OarClient,
  wanted: JobRequest,
  watch: Watch,
  options: WaitOptions,
): Promise<Reserved> {
  const { id, adopted } = await adoptOrSubmit(client, wanted, watch);
  try {
    const planned = wanted.start !== undefined;
    const job = await untilRunning(client, id, watch, { ...options, planned });
    if (job.addresses.length < wanted.nodes) {
      throw oarError(
        "oar-too-few-nodes",
        `job ${id} runs with ${job.addresses.length} nodes (${job.addresses.join(", ")}), not ${wanted.nodes}`,
      );
    }
    return { job, adopted };
  } catch (error) {
    if (!adopted && hasCode(error, "oar-timeout", "interrupted")) {
      error.message = `${error.message}\n${await giveUp(client, id, watch)}`;
    }
    throw error;
  }
}

async function adoptOrSubmit(
  client: OarClient,
  wanted: JobRequest,
  watch: Watch,
): Promise<{ id: number; adopted: boolean }> {
  for (;;) {
    const choice = choose(await jobsOfName(client, wanted), wanted);
    if (choice.do === "wait") {
      const ids = choice.ending.map(({ id }) => id);
      watch.progress(`waiting for the end of job ${ids.join(", ")} of the same name`);
      await repeatDeletions(client, choice.ending);
      await untilOver(client, ids, watch);
      continue;
    }
    if (choice.do === "adopt") {
      watch.progress(`using the existing job ${choice.job.id} (${choice.job.state})`);
      return { id: choice.job.id, adopted: true };
    }
    if (watch.signal?.aborted) throw oarError("interrupted", "interrupted: nothing was reserved");
    await reportPrevious(client, wanted, watch);
    return { id: await submit(client, wanted, watch), adopted: false };
  }
}

async function jobsOfName(client: OarClient, { name }: JobRequest): Promise<Job[]> {
  return (await client.jobs(name)).filter((job) => job.name === name);
}

/** The latest job of the name that is not ending. */
async function livingJob(client: OarClient, wanted: JobRequest): Promise<Job | undefined> {
  return (await jobsOfName(client, wanted)).filter((job) => !isEnding(job)).at(-1);
}

/** Reports how the previous job ended: the user should know why new nodes are reserved. */
async function reportPrevious(client: OarClient, { name }: JobRequest, watch: Watch): Promise<void> {
  const previous = await client.latest(name);
  if (previous && isOver(previous)) watch.progress(`${describeEnd(previous)}: reserving again`);
}

async function submit(client: OarClient, wanted: JobRequest, watch: Watch): Promise<number> {
  try {
    const id = await client.submit(wanted, watch.signal);
    watch.progress(`submitted job ${id}: ${wanted.nodes} nodes for ${formatWalltime(wanted.walltimeSec)}`);
    return id;
  } catch (error) {
    if (hasCode(error, "oar-server-down")) {
      error.message = `${error.message}${await withdraw(client, wanted)}`;
    }
    if (!hasCode(error, "oar-line-lost")) throw error;
    const id = await findAfterLoss(client, wanted, watch);
    if (id === undefined) throw error;
    watch.progress(`the connection was lost during the submission; found job ${id} by its name`);
    return id;
  }
}

/**
 * Deletes the job of a submission that failed because OAR's server is down: oarsub reports that it was killed, but OAR keeps it, and
 * would start it once the server is back.
 *
 * @returns a sentence on the result; empty if OAR has no such job
 */
async function withdraw(client: OarClient, wanted: JobRequest): Promise<string> {
  try {
    const job = await livingJob(client, wanted);
    if (!job) return "";
    await client.remove(job.id);
    return `\nOAR had queued job ${job.id} anyway, and registered its deletion. If the job starts once the server is back, delete it again: oardel ${job.id}`;
  } catch (error) {
    const reason = (error as Error).message;
    return `\nOAR may have queued the job anyway (${reason}). Check later, and delete it: oarstat -u, oardel ID`;
  }
}

async function findAfterLoss(
  client: OarClient,
  wanted: JobRequest,
  watch: Watch,
): Promise<number | undefined> {
  for (let search = 1; search <= SEARCHES_AFTER_LOSS; search += 1) {
    await watch.sleep(search * 1_000);
    const living = await livingJob(client, wanted).catch((error) => {
      if (hasCode(error, "oar-line-lost", "oar-unreachable")) return undefined;
      throw error;
    });
    if (living) return living.id;
  }
  return undefined;
}

/** Deletes a job that this program submitted, unless it runs by now. @returns a sentence on the result */
async function giveUp(client: OarClient, id: number, watch: Watch): Promise<string> {
  try {
    const job = await client.job(id);
    if (job?.state === "Running" && !isEnding(job)) {
      return `Job ${id} has just started and was kept: the next run uses it.`;
    }
    await client.remove(id);
    await untilOver(client, [id], { ...watch, signal: undefined }, GIVE_UP_MS);
    return `Job ${id} was deleted.`;
  } catch (error) {
    if (hasCode(error, "oar-delete-pending")) return `OAR has registered the deletion of job ${id}.`;
    return `Job ${id} could not be deleted: ${(error as Error).message}`;
  }
}
