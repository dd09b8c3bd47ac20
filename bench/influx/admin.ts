import { HttpError, type InfluxDB } from "@influxdata/influxdb-client";
import {
  type Authorization,
  AuthorizationsAPI,
  type Bucket,
  BucketsAPI,
  HealthAPI,
  MeAPI,
  type Organization,
  OrgsAPI,
  type Permission,
  type Resource,
  SetupAPI,
  SigninAPI,
} from "@influxdata/influxdb-client-apis";
import { type InfluxServer, influxClient } from "./client.ts";

const TIMEOUT_MS = 10_000;

/** Resource types of an operator token: all of InfluxDB 2.7 except `instance`, which no new token may have. */
const OPERATOR_RESOURCES: Resource["type"][] = [
  "annotations",
  "authorizations",
  "buckets",
  "checks",
  "dashboards",
  "dbrp",
  "documents",
  "labels",
  "notebooks",
  "notificationEndpoints",
  "notificationRules",
  "orgs",
  "remotes",
  "replications",
  "scrapers",
  "secrets",
  "sources",
  "tasks",
  "telegrafs",
  "users",
  "variables",
  "views",
];

/** A user's session: a client that sends its cookies. */
export interface Session {
  client: InfluxDB;
  userId: string;
}

/** Checks that InfluxDB is up. @throws Error if it does not answer or is not healthy */
export async function checkHealth(server: InfluxServer): Promise<void> {
  const { status, message } = await new HealthAPI(anonymous(server)).getHealth();
  if (status !== "pass") throw new Error(message ?? "not healthy");
}

/**
 * Sets up a new InfluxDB with its first user, organisation and bucket.
 *
 * @returns false if it was set up before; then it is left unchanged
 */
export async function setUp(
  server: InfluxServer,
  first: { user: string; password: string; org: string; bucket: string; retentionSec: number },
): Promise<boolean> {
  const api = new SetupAPI(anonymous(server));
  if (!(await api.getSetup()).allowed) return false;
  const { user, password, org, bucket, retentionSec } = first;
  await api.postSetup({
    body: { username: user, password, org, bucket, retentionPeriodSeconds: retentionSec },
  });
  return true;
}

/** Signs a user in. @returns undefined if the user or password is wrong */
export async function signIn(
  server: InfluxServer,
  user: string,
  password: string,
): Promise<Session | undefined> {
  let cookies: string[] = [];
  const keep = (headers: Record<string, string | string[] | undefined>) => {
    cookies = [headers["set-cookie"] ?? []].flat().map((cookie) => cookie.split(";", 1)[0] ?? "");
  };
  try {
    const api = new SigninAPI(anonymous(server));
    await api.postSignin({ auth: { user, password } }, { responseStarted: keep });
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 401) return undefined;
    throw error;
  }
  const client = influxClient(server, { timeout: TIMEOUT_MS, headers: { cookie: cookies.join("; ") } });
  return { client, userId: required((await new MeAPI(client).getMe({})).id, "the user's id") };
}

/** Changes the password of the session's user. */
export async function setPassword(
  session: Session,
  user: string,
  previous: string,
  password: string,
): Promise<void> {
  const auth = { user, password: previous };
  await new MeAPI(session.client).putMePassword({ auth, body: { password } });
}

/** The organisation with this name, if it exists. */
export async function findOrg({ client }: Session, name: string): Promise<Organization | undefined> {
  const list = await unlessNotFound(new OrgsAPI(client).getOrgs({ org: name }));
  return list?.orgs?.find((each) => each.name === name);
}

/** The organisation's bucket with this name, if it exists. */
export async function findBucket(
  { client }: Session,
  orgId: string,
  name: string,
): Promise<Bucket | undefined> {
  const list = await unlessNotFound(new BucketsAPI(client).getBuckets({ orgID: orgId, name }));
  return list?.buckets?.find((each) => each.name === name);
}

/** Finds or creates an organisation. @returns its id */
export async function ensureOrg(session: Session, name: string): Promise<string> {
  const api = new OrgsAPI(session.client);
  const org = (await findOrg(session, name)) ?? (await api.postOrgs({ body: { name } }));
  return required(org.id, "the organisation's id");
}

/**
 * Finds or creates a bucket, and sets its retention.
 *
 * @param retentionSec how long points are kept, s; 0: forever
 * @returns the bucket's id
 */
export async function ensureBucket(
  session: Session,
  orgId: string,
  name: string,
  retentionSec: number,
): Promise<string> {
  const api = new BucketsAPI(session.client);
  const retentionRules = [{ type: "expire" as const, everySeconds: retentionSec }];
  const bucket =
    (await findBucket(session, orgId, name)) ??
    (await api.postBuckets({ body: { orgID: orgId, name, retentionRules } }));
  const id = required(bucket.id, "the bucket's id");
  const currentSec = bucket.retentionRules[0]?.everySeconds ?? 0;
  if (currentSec !== retentionSec) {
    // 0 selects a fitting shard length. InfluxDB would keep the old one, and reject it if it exceeds the retention.
    const rules = [{ type: "expire" as const, everySeconds: retentionSec, shardGroupDurationSeconds: 0 }];
    await api.patchBucketsID({ bucketID: id, body: { retentionRules: rules } });
  }
  return id;
}

/** A token that {@link ensureToken} finds or creates. */
interface WantedToken {
  /** Prefix of the descriptions of all tokens that this one replaces. */
  family: string;
  /** A changed number replaces the token by a new one. */
  rotation: number;
  permissions: Permission[];
}

/**
 * Finds or creates a token, and removes the others of its family. Tokens are recognised by their descriptions, because
 * InfluxDB 2.7 generates the values itself.
 *
 * @param adopt description of a token that is renamed to this one if the family has no token yet
 * @returns the token's value
 */
export async function ensureToken(
  { client, userId }: Session,
  orgId: string,
  wanted: WantedToken,
  adopt?: string,
): Promise<string> {
  const api = new AuthorizationsAPI(client);
  const description = `${wanted.family} ${wanted.rotation}`;
  const all = (await api.getAuthorizations({ orgID: orgId, userID: userId })).authorizations ?? [];
  const family = all.filter((each) => each.description?.startsWith(`${wanted.family} `));
  const adopted = all.find((each) => adopt !== undefined && each.description === adopt);

  let token = family.find((each) => each.description === description && covers(each, wanted.permissions));
  if (!token && adopted && family.length === 0) {
    token = await api.patchAuthorizationsID({ authID: idOf(adopted), body: { description } });
  }
  token ??= await api.postAuthorizations({
    body: { orgID: orgId, userID: userId, description, permissions: wanted.permissions },
  });
  const keptId = idOf(token);
  const replaced = adopted ? [...family, adopted] : family;
  for (const old of replaced.filter((each) => each.id !== keptId)) {
    await api.deleteAuthorizationsID({ authID: idOf(old) });
  }
  return required(token.token, "the token's value");
}

/** Whether a token is active and has these permissions: an old token may be for a bucket that was deleted and recreated. */
function covers({ status, permissions = [] }: Authorization, wanted: Permission[]): boolean {
  const key = ({ action, resource }: Permission) => `${action} ${resource.type} ${resource.id ?? ""}`;
  const granted = new Set(permissions.map(key));
  return status !== "inactive" && wanted.every((permission) => granted.has(key(permission)));
}

/** The permission to read or write one bucket. */
export function bucketPermission(action: "read" | "write", orgId: string, bucketId: string): Permission {
  return { action, resource: { type: "buckets", id: bucketId, orgID: orgId } };
}

/** The permissions to read and write everything. */
export function operatorPermissions(): Permission[] {
  return OPERATOR_RESOURCES.flatMap((type) => [
    { action: "read" as const, resource: { type } },
    { action: "write" as const, resource: { type } },
  ]);
}

function anonymous(server: InfluxServer): InfluxDB {
  return influxClient(server, { timeout: TIMEOUT_MS });
}

/** @returns undefined for a 404 */
async function unlessNotFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 404) return undefined;
    throw error;
  }
}

function idOf(authorization: Authorization): string {
  return required(authorization.id, "a token's id");
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`InfluxDB's answer lacks ${what}`);
  return value;
}
