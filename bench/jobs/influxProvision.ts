import { z } from "zod";
import { ensureBucket, ensureOrg, type Session, setPassword, setUp, signIn } from "../influx/admin.ts";
import { influxPasswordRefused, loginShape, whenHealthy } from "../influx/login.ts";
import { type JobContext, job } from "../job.ts";

const inputSchema = z.strictObject({
  ...loginShape,
  /** How long points are kept, s; 0: forever. InfluxDB's minimum is one hour. */
  retentionSec: z.union([z.literal(0), z.int().min(3_600)]),
});
type Input = z.output<typeof inputSchema>;

/** The result of the job `influx-provision`. */
interface InfluxProvisionResult {
  orgId: string;
  bucketId: string;
}

/**
 * Ensures that an InfluxDB 2, whether new or with data, has the user with the current password, the organisation and the bucket.
 *
 * @throws SwarmbenchError `password-refused` or `service-failed`
 */
export function provision(input: Input, context: JobContext): Promise<InfluxProvisionResult> {
  return whenHealthy(input, context, async () => {
    const { user, password, org, bucket, retentionSec } = input;
    await setUp(input, { user, password: password.current, org, bucket, retentionSec });
    const session = await ensurePassword(input, context);
    const orgId = await ensureOrg(session, org);
    return { orgId, bucketId: await ensureBucket(session, orgId, bucket, retentionSec) };
  });
}

/** Changes a previous password. @returns a session with the current one */
async function ensurePassword(input: Input, context: JobContext): Promise<Session> {
  const { url, user } = input;
  const { current, previous } = input.password;
  const session = await signIn(input, user, current);
  if (session) return session;
  const earlier = previous === undefined ? undefined : await signIn(input, user, previous);
  if (!earlier || previous === undefined) throw influxPasswordRefused(url, user);
  context.progress("changing the password in InfluxDB");
  await setPassword(earlier, user, previous, current);
  const changed = await signIn(input, user, current);
  if (!changed) throw influxPasswordRefused(url, user);
  return changed;
}

/** The job that sets up InfluxDB. */
export const influxProvision = job({ input: inputSchema, run: provision });
