import { z } from "zod";
import {
  bucketPermission,
  ensureToken,
  findBucket,
  findOrg,
  operatorPermissions,
  signIn,
} from "../influx/admin.ts";
import { loginShape, unknownPassword, whenWell } from "../influx/login.ts";
import { type JobContext, job } from "../job.ts";
import { Problem } from "../problem.ts";

const inputSchema = z.strictObject({
  ...loginShape,
  /**
   * Another number makes other tokens and removes the old ones. Their values are InfluxDB's: its API takes none (2.7), so
   * they are in the result.
   */
  rotation: z.int().min(0),
});
type Input = z.output<typeof inputSchema>;

export interface InfluxTokensResult {
  /** Secrets. operator: everything; write, read: only that, in the bucket only. */
  tokens: { operator: string; write: string; read: string };
}

/** Makes or finds the tokens of an InfluxDB that the job `influx-provision` has brought to what is wanted. */
export function makeTokens(input: Input, context: JobContext): Promise<InfluxTokensResult> {
  return whenWell(input, context, async () => {
    const { url, user, password, org, bucket, rotation } = input;
    const session = await signIn(url, user, password.current);
    if (!session) throw unknownPassword(url, user);
    const orgId = (await findOrg(session, org))?.id;
    const bucketId = orgId && (await findBucket(session, orgId, bucket))?.id;
    if (!orgId || !bucketId) {
      throw new Problem(
        `InfluxDB at ${url} has no bucket ${bucket} of organisation ${org}`,
        "Somebody removed it: raise swarmbench:influxdb.rotation by one and run `pulumi up`, which makes it again",
      );
    }
    const narrow = (action: "read" | "write") =>
      ensureToken(session, orgId, {
        family: `swarmbench ${action}`,
        rotation,
        permissions: [bucketPermission(action, orgId, bucketId)],
      });
    const operator = { family: "swarmbench operator", rotation, permissions: operatorPermissions() };
    const setUpCallsIt = `${user}'s Token`;
    return {
      tokens: {
        operator: await ensureToken(session, orgId, operator, setUpCallsIt),
        write: await narrow("write"),
        read: await narrow("read"),
      },
    };
  });
}

export const influxTokens = job({ input: inputSchema, run: makeTokens });
