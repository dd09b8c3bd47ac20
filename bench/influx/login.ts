import { HttpError } from "@influxdata/influxdb-client";
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { influxTargetSchema } from "../../contract/target.ts";
import type { JobContext } from "../job.ts";
import { passwordRefused } from "../passwordRefused.ts";
import { reason } from "../reason.ts";
import { retryUntil } from "../retry.ts";
import { checkHealth } from "./admin.ts";
import type { InfluxServer } from "./client.ts";

const SEE_INFLUXDB = "See why on the manager: docker service ps influxdb, docker service logs influxdb";

/** The input fields that all jobs for InfluxDB have in common. */
export const loginShape = {
  ...influxTargetSchema.omit({ token: true }).shape,
  user: z.string().min(1),
  password: z.strictObject({
    /** InfluxDB's limits. */
    current: z.string().min(8).max(72),
    /** The password before the latest change. */
    previous: z.string().optional(),
  }),
  timeoutSec: z.number().positive().default(120),
};

/**
 * Waits until InfluxDB is healthy, then runs `work`.
 *
 * @throws SwarmbenchError `service-failed` if InfluxDB is not healthy in time or rejects a request of the work
 */
export async function whenHealthy<T>(
  { url, ca, timeoutSec }: InfluxServer & { timeoutSec: number },
  context: JobContext,
  work: () => Promise<T>,
): Promise<T> {
  const wait = retryUntil(context, timeoutSec);
  await wait({ what: `InfluxDB at ${url} to be healthy`, hint: SEE_INFLUXDB }, () =>
    checkHealth({ url, ca }),
  );
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new SwarmbenchError("service-failed", `InfluxDB rejected a request: ${reason(error)}`, {
      hint: "See its log on the manager: docker service logs influxdb",
      cause: error,
    });
  }
}

/** The error for an InfluxDB that accepts none of the passwords. */
export function influxPasswordRefused(url: string, user: string): SwarmbenchError {
  const hint =
    "Its volume belongs to an earlier stack, or the password was changed by hand: remove the volume, or set the password back";
  return passwordRefused("InfluxDB", { url, user }, hint);
}
