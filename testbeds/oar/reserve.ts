import { formatWalltime } from "../walltime.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { hasCode, OarError } from "./errors.ts";
import { isEnding, isOver, type Job } from "./job.ts";
import { describeEnd } from "./jobEnd.ts";
import { untilOver } from "./release.ts";
import { choose, type JobRequest } from "./request.ts";
import { untilRunning, type WaitOptions } from "./untilRunning.ts";

/** A job that runs. */
export interface Reserved {
  job: Job;
  /** Whether the job was there already. */
  adopted: boolean;
}

/** After a lost connection, oarsub may still be running: the job is looked for this often, after 1 s, 2 s and 3 s. */
const LOOKS_AFTER_LOSS = 3;
/** How long a job that was given up is waited for. */
const GIVE_UP_MS = 10_000;

/**
 * Makes a job, or adopts the one that is there, and waits until it runs.
 *
 * @throws OarError. If the wait timed out or was interrupted, a job that this call made is deleted unless it runs
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
      throw new OarError(
        "too-few-nodes",
        `job ${id} runs with ${job.addresses.length} nodes (${job.addresses.join(", ")}), not ${wanted.nodes}`,
      );
    }
    return { job, adopted };
  } catch (error) {
    if (!adopted && hasCode(error, "timeout", "interrupted")) {
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
    const choice = choose(await namesakes(client, wanted), wanted);
    if (choice.do === "wait") {
      const ids = choice.ending.map(({ id }) => id);
      watch.progress(`job ${ids.join(", ")} of that name is ending: waiting for its end`);
      await untilOver(client, ids, watch);
      continue;
    }
    if (choice.do === "adopt") {
      watch.progress(`job ${choice.job.id} is there already (${choice.job.state}), and is taken`);
      return { id: choice.job.id, adopted: true };
    }
    if (watch.signal?.aborted) throw new OarError("interrupted", "interrupted: nothing was reserved");
    await reportPrevious(client, wanted, watch);
    return { id: await submit(client, wanted, watch), adopted: false };
  }
}

async function namesakes(client: OarClient, { name }: JobRequest): Promise<Job[]> {
  return (await client.jobs(name)).filter((job) => job.name === name);
}

/** A user who gets new nodes wants to know what became of the old ones. */
async function reportPrevious(client: OarClient, { name }: JobRequest, watch: Watch): Promise<void> {
  const previous = await client.latest(name);
  if (previous && isOver(previous)) watch.progress(`${describeEnd(previous)}: reserving again`);
}

async function submit(client: OarClient, wanted: JobRequest, watch: Watch): Promise<number> {
  try {
    const id = await client.submit(wanted, watch.signal);
    watch.progress(`job ${id} is made: ${wanted.nodes} nodes for ${formatWalltime(wanted.walltimeSec)}`);
    return id;
  } catch (error) {
    if (!hasCode(error, "line-lost")) throw error;
    const id = await findAfterLoss(client, wanted, watch);
    if (id === undefined) throw error;
    watch.progress(`the line was lost as job ${id} was made: found by its name`);
    return id;
  }
}

async function findAfterLoss(
  client: OarClient,
  wanted: JobRequest,
  watch: Watch,
): Promise<number | undefined> {
  for (let look = 1; look <= LOOKS_AFTER_LOSS; look += 1) {
    await watch.sleep(look * 1_000);
    const jobs = await namesakes(client, wanted).catch((error) => {
      if (hasCode(error, "line-lost", "unreachable")) return [];
      throw error;
    });
    const living = jobs.filter((job) => !isEnding(job)).at(-1);
    if (living) return living.id;
  }
  return undefined;
}

/** Deletes a job that this program made, unless it runs by now. @returns what became of it, a sentence */
async function giveUp(client: OarClient, id: number, watch: Watch): Promise<string> {
  try {
    const job = await client.job(id);
    if (job?.state === "Running" && !isEnding(job)) {
      return `Job ${id} has just begun to run, and stays: the next run takes it.`;
    }
    await client.remove(id);
    await untilOver(client, [id], { ...watch, signal: undefined }, GIVE_UP_MS);
    return `Job ${id} was deleted.`;
  } catch (error) {
    if (hasCode(error, "delete-pending")) return `The deletion of job ${id} is noted.`;
    return `Job ${id} could not be deleted: ${(error as Error).message}`;
  }
}
