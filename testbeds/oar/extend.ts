import { formatWalltime } from "../walltime.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { oarError } from "./errors.ts";
import { type Job, remainingSec } from "./job.ts";
import { endError, unknownJob } from "./jobEnd.ts";

/** OAR grants an extension in its next round, within seconds. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 700;

/**
 * Extends a running job and waits up to 60 s until OAR has done so.
 *
 * @throws SwarmbenchError if the testbed does not extend jobs, or not by that much
 */
export async function extend(client: OarClient, id: number, bySec: number, watch: Watch): Promise<Job> {
  const before = await client.job(id);
  if (!before) throw oarError("oar-not-found", `OAR does not know job ${id}`);
  const ended = endError(before);
  if (ended) throw ended;
  if (before.state !== "Running") throw oarError("oar-not-running", `job ${id} is ${before.state}`);
  await client.extend(id, bySec);
  const wanted = (before.walltimeSec ?? 0) + bySec;
  const end = watch.now() + TIMEOUT_MS;
  for (;;) {
    const job = await client.job(id);
    if (job && (job.walltimeSec ?? 0) >= wanted) {
      watch.progress(`job ${id} has ${formatWalltime(remainingSec(job) ?? 0)} left`);
      return job;
    }
    const error = job ? endError(job) : unknownJob(id);
    if (error) throw error;
    if (watch.now() >= end) {
      throw oarError(
        "oar-walltime-refused",
        `job ${id} was not extended within ${TIMEOUT_MS / 1_000} s: another job comes after it`,
      );
    }
    await watch.sleep(POLL_MS, watch.signal);
  }
}
