import { HttpError } from "@influxdata/influxdb-client";
import { z } from "zod";
import {
  bucketPermission,
  checkHealth,
  ensureBucket,
  ensureOrg,
  ensureToken,
  operatorPermissions,
  type Session,
  setPassword,
  setUp,
  signIn,
} from "../influx/admin";
import { type JobContext, job, throttled } from "../job";
import { Problem, reason } from "../problem";

const PAUSE_MS = 500;

const inputSchema = z.strictObject({
  url: z.url(),
  org: z.string().min(1),
  bucket: z.string().min(1),
  /** How long points are kept; 0: for ever. InfluxDB takes no less than an hour. */
  retentionSec: z.union([z.literal(0), z.int().min(3_600)]),
  user: z.string().min(1),
  password: z.strictObject({
    /** InfluxDB's own limits. */
    current: z.string().min(8).max(72),
    /** What it was before it was changed. */
    previous: z.string().optional(),
  }),
  /**
   * Another number makes other tokens and removes the old ones. Their values are InfluxDB's: its API takes none (2.7), so
   * they are in the result.
   */
  rotation: z.int().min(0).default(1),
  timeoutSec: z.number().positive().default(120),
});
type Input = z.output<typeof inputSchema>;

export interface InfluxProvisionResult {
  orgId: string;
  bucketId: string;
  /** Secrets. operator: everything; write, read: only that, in the bucket only. */
  tokens: { operator: string; write: string; read: string };
  /** Whether it was fresh, and was set up now. */
  fresh: boolean;
  tookMs: number;
}

/**
 * Brings an InfluxDB 2, fresh or with data, to the wanted user, organisation, bucket and tokens. What is as wanted stays
 * as it is.
 */
export async function provision(input: Input, context: JobContext): Promise<InfluxProvisionResult> {
  const began = context.clock.now();
  await waitForHealth(input, context);
  try {
    const { url, user, password, org, bucket, retentionSec, rotation } = input;
    const fresh = await setUp(url, { user, password: password.current, org, bucket, retentionSec });
    const session = await openSession(input, context);
    const orgId = await ensureOrg(session, org);
    const bucketId = await ensureBucket(session, orgId, bucket, retentionSec);
    const narrow = (action: "read" | "write") =>
      ensureToken(session, orgId, {
        family: `swarmbench ${action}`,
        rotation,
        permissions: [bucketPermission(action, orgId, bucketId)],
      });
    const operator = {
      family: "swarmbench operator",
      rotation,
      permissions: operatorPermissions(),
    };
    const tokens = {
      operator: await ensureToken(session, orgId, operator, `${user}'s Token`), // what the set-up calls its token
      write: await narrow("write"),
      read: await narrow("read"),
    };
    return { orgId, bucketId, tokens, fresh, tookMs: Math.round(context.clock.now() - began) };
  } catch (error) {
    throw refused(error);
  }
}

async function waitForHealth({ url, timeoutSec }: Input, { clock, ...context }: JobContext): Promise<void> {
  const deadline = clock.now() + timeoutSec * 1_000;
  const show = throttled({ clock, ...context });
  for (;;) {
    try {
      return await checkHealth(url);
    } catch (error) {
      if (clock.now() + PAUSE_MS > deadline) {
        throw new Problem(
          `InfluxDB at ${url} did not come up within ${timeoutSec} s (${reason(error)})`,
          "See why on the manager: docker service ps influxdb, docker service logs influxdb",
          { cause: error },
        );
      }
      show(() => `waiting for InfluxDB (${reason(error)})`);
    }
    await clock.sleep(PAUSE_MS);
  }
}

async function openSession({ url, user, password }: Input, context: JobContext): Promise<Session> {
  const session = await signIn(url, user, password.current);
  if (session) return session;
  const { current, previous } = password;
  const earlier = previous === undefined ? undefined : await signIn(url, user, previous);
  if (!earlier || previous === undefined) {
    throw new Problem(
      `InfluxDB at ${url} has data already and takes no password of this stack for user ${user}`,
      "Its volume is an earlier stack's, or somebody changed the password: remove the volume, or set the password back",
    );
  }
  context.progress("changing the password in InfluxDB");
  await setPassword(earlier, user, previous, current);
  return openSession({ url, user, password: { current } } as Input, context);
}

function refused(error: unknown): unknown {
  if (!(error instanceof HttpError)) return error;
  return new Problem(
    `InfluxDB refused what it was asked: ${reason(error)}`,
    "See its log on the manager: docker service logs influxdb",
    { cause: error },
  );
}

export const influxProvision = job({ input: inputSchema, run: provision });
