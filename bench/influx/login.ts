import { HttpError } from "@influxdata/influxdb-client";
import { z } from "zod";
import type { JobContext } from "../job.ts";
import { Problem, reason } from "../problem.ts";
import { retryUntil } from "../retry.ts";
import { checkHealth } from "./admin.ts";

const SEE_INFLUXDB = "See why on the manager: docker service ps influxdb, docker service logs influxdb";

/** What every job that administers an InfluxDB is told. */
export const loginShape = {
  url: z.url(),
  org: z.string().min(1),
  bucket: z.string().min(1),
  user: z.string().min(1),
  password: z.strictObject({
    /** InfluxDB's own limits. */
    current: z.string().min(8).max(72),
    /** What it was before it was changed. */
    previous: z.string().optional(),
  }),
  timeoutSec: z.number().positive().default(120),
};

/**
 * Does something once InfluxDB is well.
 *
 * @throws Problem where it does not come up in time, or refuses
 */
export async function whenWell<T>(
  { url, timeoutSec }: { url: string; timeoutSec: number },
  context: JobContext,
  work: () => Promise<T>,
): Promise<T> {
  const wait = retryUntil(context, timeoutSec);
  await wait({ what: `InfluxDB at ${url} to be well`, next: SEE_INFLUXDB }, () => checkHealth(url));
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new Problem(
      `InfluxDB refused what it was asked: ${reason(error)}`,
      "See its log on the manager: docker service logs influxdb",
      { cause: error },
    );
  }
}

/** Where no password is accepted. */
export function unknownPassword(url: string, user: string): Problem {
  return new Problem(
    `InfluxDB at ${url} has data already and takes no password of this stack for user ${user}`,
    "Its volume is an earlier stack's, or somebody changed the password: remove the volume, or set the password back",
  );
}
