import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import {
  bucketPermission,
  ensureToken,
  findBucket,
  findOrg,
  operatorPermissions,
  signIn,
} from "../influx/admin.ts";
import { influxPasswordRefused, loginShape, whenHealthy } from "../influx/login.ts";
import { type JobContext, job } from "../job.ts";

const inputSchema = z.strictObject({
  ...loginShape,
  /**
   * A changed number creates new tokens and removes the old ones. InfluxDB 2.7 generates the values itself, so the job returns
   * them.
   */
  rotation: z.int().min(0),
});
type Input = z.output<typeof inputSchema>;

/** The result of the job `influx-tokens`. */
interface InfluxTokensResult {
  /** Secrets. `operator` may do everything; `write` and `read` may only write to, or read from, this bucket. */
  tokens: { operator: string; write: string; read: string };
}

/**
 * Finds or creates the tokens of an InfluxDB that the job `influx-provision` set up.
 *
 * @throws SwarmbenchError `password-refused` or `service-failed`
 */
export function makeTokens(input: Input, context: JobContext): Promise<InfluxTokensResult> {
  return whenHealthy(input, context, async () => {
    const { url, user, password, org, bucket, rotation } = input;
    const session = await signIn(input, user, password.current);
    if (!session) throw influxPasswordRefused(url, user);
    const orgId = (await findOrg(session, org))?.id;
    const bucketId = orgId && (await findBucket(session, orgId, bucket))?.id;
    if (!orgId || !bucketId) {
      const hint = "To create it again, raise swarmbench:influxdb.rotation by one and run `pulumi up`";
      throw new SwarmbenchError(
        "service-failed",
        `InfluxDB at ${url} has no bucket ${bucket} of organisation ${org}`,
        { hint },
      );
    }
    const bucketToken = (action: "read" | "write") =>
      ensureToken(session, orgId, {
        family: `swarmbench ${action}`,
        rotation,
        permissions: [bucketPermission(action, orgId, bucketId)],
      });
    const operator = { family: "swarmbench operator", rotation, permissions: operatorPermissions() };
    const setUpDescription = `${user}'s Token`;
    return {
      tokens: {
        operator: await ensureToken(session, orgId, operator, setUpDescription),
        write: await bucketToken("write"),
        read: await bucketToken("read"),
      },
    };
  });
}

/** The job that finds or creates InfluxDB's tokens. */
export const influxTokens = job({ input: inputSchema, run: makeTokens });
