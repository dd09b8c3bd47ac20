import { HttpError, InfluxDB } from "@influxdata/influxdb-client";
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

const TIMEOUT_MS = 10_000;

/** What an operator may act on: every kind that InfluxDB 2.7 knows but `instance`, which no new token may have. */
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

/** A user's session, and what can be done in it. */
export interface Session {
  client: InfluxDB;
  userId: string;
}

/** @throws where InfluxDB is not there yet, or not well */
export async function checkHealth(url: string): Promise<void> {
  const { status, message } = await new HealthAPI(anonymous(url)).getHealth();
  if (status !== "pass") throw new Error(message ?? "not healthy");
}

/** Sets a fresh InfluxDB up with its first user, organisation and bucket. @returns false where that has been done */
export async function setUp(
  url: string,
  first: { user: string; password: string; org: string; bucket: string; retentionSec: number },
): Promise<boolean> {
  const api = new SetupAPI(anonymous(url));
  if (!(await api.getSetup()).allowed) return false;
  const { user, password, org, bucket, retentionSec } = first;
  await api.postSetup({
    body: { username: user, password, org, bucket, retentionPeriodSeconds: retentionSec },
  });
  return true;
}

/** @returns undefined where InfluxDB does not know the user with this password */
export async function signIn(url: string, user: string, password: string): Promise<Session | undefined> {
  let cookies: string[] = [];
  const keep = (headers: Record<string, string | string[] | undefined>) => {
    cookies = [headers["set-cookie"] ?? []].flat().map((cookie) => cookie.split(";", 1)[0] ?? "");
  };
  try {
    await new SigninAPI(anonymous(url)).postSignin({ auth: { user, password } }, { responseStarted: keep });
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 401) return undefined;
    throw error;
  }
  const client = new InfluxDB({ url, timeout: TIMEOUT_MS, headers: { cookie: cookies.join("; ") } });
  return { client, userId: required((await new MeAPI(client).getMe({})).id, "the user's id") };
}

/** Changes the password of the session's own user. */
export async function setPassword(
  session: Session,
  user: string,
  previous: string,
  password: string,
): Promise<void> {
  const auth = { user, password: previous };
  await new MeAPI(session.client).putMePassword({ auth, body: { password } });
}

export async function findOrg({ client }: Session, name: string): Promise<Organization | undefined> {
  const found = await orNothing(new OrgsAPI(client).getOrgs({ org: name }));
  return found?.orgs?.find((each) => each.name === name);
}

export async function findBucket(
  { client }: Session,
  orgId: string,
  name: string,
): Promise<Bucket | undefined> {
  const found = await orNothing(new BucketsAPI(client).getBuckets({ orgID: orgId, name }));
  return found?.buckets?.find((each) => each.name === name);
}

/** @returns the organisation's id */
export async function ensureOrg(session: Session, name: string): Promise<string> {
  const api = new OrgsAPI(session.client);
  const org = (await findOrg(session, name)) ?? (await api.postOrgs({ body: { name } }));
  return required(org.id, "the organisation's id");
}

/**
 * @param retentionSec how long points are kept; 0: for ever
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
  const keeps = bucket.retentionRules[0]?.everySeconds ?? 0;
  if (keeps !== retentionSec) {
    // 0: as long as fits. Else the shards keep their length, and one that is longer than the retention is refused.
    const rules = [{ type: "expire" as const, everySeconds: retentionSec, shardGroupDurationSeconds: 0 }];
    await api.patchBucketsID({ bucketID: id, body: { retentionRules: rules } });
  }
  return id;
}

/** A token as it is wanted. */
export interface WantedToken {
  /** Begins the description of all tokens that this one replaces. */
  family: string;
  /** Another number is another token. */
  rotation: number;
  permissions: Permission[];
}

/**
 * Finds or makes a token, and removes the others of its family. InfluxDB 2.7 makes up a token's value by itself, so what
 * is wanted is told from what is there by the description.
 *
 * @param adopt description of a token that becomes this one where the family has none yet
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
  const kept = idOf(token);
  for (const old of [...family, ...(adopted ? [adopted] : [])].filter((each) => each.id !== kept)) {
    await api.deleteAuthorizationsID({ authID: idOf(old) });
  }
  return required(token.token, "the token's value");
}

/** An inactive token, and one of a bucket that was removed and made again, is not what is wanted. */
function covers({ status, permissions = [] }: Authorization, wanted: Permission[]): boolean {
  const key = ({ action, resource }: Permission) => `${action} ${resource.type} ${resource.id ?? ""}`;
  const there = new Set(permissions.map(key));
  return status !== "inactive" && wanted.every((permission) => there.has(key(permission)));
}

export function bucketPermission(action: "read" | "write", orgId: string, bucketId: string): Permission {
  return { action, resource: { type: "buckets", id: bucketId, orgID: orgId } };
}

export function operatorPermissions(): Permission[] {
  return OPERATOR_RESOURCES.flatMap((type) => [
    { action: "read" as const, resource: { type } },
    { action: "write" as const, resource: { type } },
  ]);
}

function anonymous(url: string): InfluxDB {
  return new InfluxDB({ url, timeout: TIMEOUT_MS });
}

async function orNothing<T>(request: Promise<T>): Promise<T | undefined> {
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
