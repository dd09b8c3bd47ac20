import type { SwarmbenchError } from "../../contract/errors.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { hasCode, oarError } from "./errors.ts";
import { isEnding, type Job } from "./job.ts";
import { endError, unknownJob } from "./jobEnd.ts";

/** How long to wait for a job, and how often to ask. */
export interface WaitOptions {
  /** Longest wait in seconds, from the submission or adoption, or from the requested start, until the job runs. */
  timeoutSec: number;
  /** First interval between two polls, in milliseconds. @default 1000 */
  pollMs?: number;
}

const POLL_MS = 1_000;
/** The interval grows by this factor up to the maximum, because a frontend is shared. */
const POLL_GROWTH = 1.3;
const MAX_POLL_MS = 15_000;
/** How long a frontend may be unreachable during the wait for a job. */
const UNREACHABLE_MS = 120_000;

/**
 * Waits until a job runs, and reports what it is waiting for.
 *
 * @param options `planned`: the job has a requested start, from which the timeout counts
 * @throws SwarmbenchError `oar-timeout` or `interrupted`, or for a job that has ended
 */
export async function untilRunning(
  client: OarClient,
  id: number,
  watch: Watch,
  { timeoutSec, pollMs = POLL_MS, planned }: WaitOptions & { planned: boolean },
): Promise<Job> {
  let end = watch.now() + timeoutSec * 1_000;
  let reachedAt = watch.now();
  let reported = "";
  let last: Job | undefined;
  for (let poll = pollMs; ; poll = Math.min(poll * POLL_GROWTH, MAX_POLL_MS)) {
    if (watch.signal?.aborted) {
      throw oarError("interrupted", `interrupted: job ${id} does not run yet`);
    }
    const job = await readJob(client, id, watch, reachedAt);
    if (job !== "unreachable") {
      reachedAt = watch.now();
      last = job;
      if (planned && job.scheduledAt) {
        end = Math.max(end, watch.now() + (job.scheduledAt - job.readAt + timeoutSec) * 1_000);
      }
      if (job.state === "Running" && !isEnding(job)) return job;
      const ended = endError(job);
      if (ended) throw ended;
      const line = await describeWait(client, job);
      if (line !== reported) watch.progress(line);
      reported = line;
    }
    const left = end - watch.now();
    if (left <= 0) throw await timeoutError(client, id, last, timeoutSec);
    await watch.sleep(Math.min(poll, left), watch.signal);
  }
}

/** Reads the job. A frontend that is unreachable for a short time must not cost the place in the queue. */
async function readJob(
  client: OarClient,
  id: number,
  watch: Watch,
  reachedAt: number,
): Promise<Job | "unreachable"> {
  try {
    const job = await client.job(id);
    if (!job) throw unknownJob(id);
    return job;
  } catch (error) {
    const lost = hasCode(error, "oar-line-lost", "oar-unreachable");
    if (!lost || watch.now() - reachedAt > UNREACHABLE_MS) throw error;
    watch.progress(`job ${id}: ${error.message.split("\n")[0]}; trying again`);
    return "unreachable";
  }
}

async function describeWait(client: OarClient, job: Job): Promise<string> {
  const ahead = job.state === "Waiting" ? await client.ahead(job).catch(() => undefined) : undefined;
  const parts: string[] = [job.state];
  if (ahead !== undefined)
    parts.push(ahead === 0 ? "first in the queue" : `${ahead} jobs before it in the queue`);
  if (job.scheduledAt) parts.push(expectedStart(job.scheduledAt));
  if (job.state === "Hold") parts.push(`it is on hold; to release it: oarresume ${job.id}`);
  if (job.message) parts.push(`OAR says: ${job.message}`);
  return `job ${job.id}: ${parts.join(", ")}`;
}

const expectedStart = (sec: number) => `start expected ${formatTime(sec)}`;

/** Formats seconds since 1970 as `2026-11-23 03:46:34 UTC`. */
export function formatTime(sec: number): string {
  return `${new Date(sec * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

async function timeoutError(
  client: OarClient,
  id: number,
  last: Job | undefined,
  timeoutSec: number,
): Promise<SwarmbenchError> {
  const nodes = await client.nodeStates().catch(() => ({}));
  const states = Object.entries(nodes).map(([state, count]) => `${count} ${state}`);
  const parts = [
    `job ${id} does not run after ${Math.round(timeoutSec)} s (${last?.state ?? "state unknown"})`,
  ];
  if (last?.message) parts.push(`OAR says: ${last.message}`);
  if (last?.scheduledAt) parts.push(expectedStart(last.scheduledAt));
  if (states.length > 0) parts.push(`nodes: ${states.join(", ")}`);
  return oarError("oar-timeout", parts.join(". "));
}
