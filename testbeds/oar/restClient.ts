import { lookup } from "node:dns/promises";
import type { OarSettings } from "../../config/testbed/oar.ts";
import { plainForeign } from "../../lib/hostNames.ts";
import { formatWalltime } from "../walltime.ts";
import { readDeletion, readExtension, readRestError, readSubmission } from "./answers.ts";
import type { OarClient } from "./client.ts";
import { oarError } from "./errors.ts";
import { isOver, JOB_STATES, type Job } from "./job.ts";
import * as parse from "./parse.ts";
import { COMMAND, isNoop, type JobRequest } from "./request.ts";

const TIMEOUT_MS = 30_000;
/** Limit of a list. Without one the API lists at most 500 jobs. */
const MAX_JOBS = "100000";
/** A submission with a start time waits for the scheduler. */
const SUBMIT_TIMEOUT_MS = 180_000;

/** Dependencies of a REST client, which tests replace. */
export interface RestOptions {
  fetch: typeof fetch;
  /** Current time in seconds since 1970, for APIs that do not report theirs. */
  now: () => number;
  password?: string;
}

interface Reply {
  status: number;
  body: string;
}
type Send = (method: string, path: string, body?: object, options?: { timeoutMs?: number }) => Promise<Reply>;

/** An OAR client for a REST API: OAR's own, or Grid'5000's. */
export function restClient(settings: OarSettings, options: RestOptions): OarClient {
  const { rest } = settings;
  if (!rest) throw new Error("testbed.rest is missing, although the schema of the settings requires it");
  const send = sender(rest.url.replace(/\/+$/, ""), settings.user, options);
  return rest.shape === "oar" ? oarApi(settings, send, options) : g5kApi(settings, send, options);
}

function sender(url: string, user: string, { fetch: send, password }: RestOptions): Send {
  // With hyphens: the API's web server drops headers with underscores.
  const identity: Record<string, string> = { "X-REMOTE-IDENT": user };
  if (password !== undefined) {
    identity.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }
  return async (method, path, body, { timeoutMs = TIMEOUT_MS } = {}) => {
    try {
      const response = await send(`${url}${path}`, {
        method,
        headers: { accept: "application/json", "content-type": "application/json", ...identity },
        signal: AbortSignal.timeout(timeoutMs),
        body: body ? JSON.stringify(body) : undefined,
      });
      return { status: response.status, body: await response.text() };
    } catch (cause) {
      const { message, cause: deeper } = cause as Error & { cause?: Error & { code?: string } };
      const notConnected = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(
        deeper?.code ?? "",
      );
      throw oarError(
        notConnected ? "oar-unreachable" : "oar-line-lost",
        `${method} ${url}${path}: ${deeper?.message || message}`,
        cause,
      );
    }
  };
}

const isGood = ({ status }: Reply) => status >= 200 && status < 300;

function json({ body }: Reply): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw oarError(
      "oar-unreadable",
      `the API's answer is not JSON: ${plainForeign(body, 200) || "it is empty"}`,
    );
  }
}

/** Throws the error of a failed request. @throws SwarmbenchError */
function refuse(reply: Reply, what: string): never {
  const { text } = readRestError(reply.status, reply.body);
  throw oarError(
    reply.status === 401 || reply.status === 403
      ? "oar-unauthorised"
      : reply.status >= 502
        ? "oar-unreachable"
        : "oar-refused",
    `${what}: the API answered ${reply.status}: ${plainForeign(text, 500)}`,
  );
}

/** Requests of both APIs, which differ in the form of a job and the names of its fields. */
function commonRequests(settings: OarSettings, send: Send, options: RestOptions) {
  return {
    user: settings.user,
    async submitJob(path: string, body: object, idOf: (document: unknown, reply: Reply) => number) {
      const reply = await send("POST", path, body, { timeoutMs: SUBMIT_TIMEOUT_MS });
      if (isGood(reply)) return idOf(json(reply), reply);
      if (reply.status === 401 || reply.status === 403 || reply.status >= 502) {
        return refuse(reply, "no reservation was made");
      }
      return readSubmission(readRestError(reply.status, reply.body));
    },
    /** The document at a path; undefined if it does not exist. */
    async getDocument(path: string, what: string): Promise<unknown> {
      const reply = await send("GET", path);
      if (reply.status === 404) return undefined;
      return isGood(reply) ? json(reply) : refuse(reply, what);
    },
    async removeJob(id: number, path: string): Promise<"registered" | "gone"> {
      const reply = await send("DELETE", path);
      if (isGood(reply)) return "registered";
      if (reply.status === 404) return "gone";
      if (reply.status === 401) return refuse(reply, `job ${id} was not deleted`);
      const answer = readRestError(reply.status, reply.body);
      return readDeletion(
        id,
        reply.status === 403 ? { ...answer, text: `not authorized to access; ${answer.text}` } : answer,
      );
    },
    async extendJob(id: number, path: string, body: object): Promise<void> {
      const reply = await send("POST", path, body);
      if (isGood(reply)) return;
      if (reply.status === 401) refuse(reply, `job ${id} was not extended`);
      readExtension(id, readRestError(reply.status, reply.body));
    },
    resolve: resolveHere,
    deploy: async () => {
      throw oarError("oar-deploy-failed", "an environment can only be deployed with testbed.api: ssh");
    },
    now: options.now,
  };
}

async function resolveHere(names: readonly string[]): Promise<Map<string, string>> {
  const pairs = await Promise.all(
    names.map(async (name) => {
      try {
        return [[name, (await lookup(name, 4)).address] as const];
      } catch {
        return []; // this machine may not resolve the testbed's names
      }
    }),
  );
  return new Map(pairs.flat());
}

function oarApi(settings: OarSettings, send: Send, options: RestOptions): OarClient {
  const { user } = settings;
  const { submitJob, getDocument, removeJob, extendJob, resolve, deploy } = commonRequests(
    settings,
    send,
    options,
  );
  const job = async (id: number): Promise<Job | undefined> => {
    const document = await getDocument(`/jobs/${id}.json`, `job ${id}`);
    if (document === undefined) return undefined;
    const alone = parse.readRestJob(document, [], options.now());
    if (alone.state !== "Running") return alone;
    const nodes = await getDocument(`/jobs/${id}/nodes.json`, `the nodes of job ${id}`);
    return parse.readRestJob(document, nodes === undefined ? [] : parse.readRestNodes(nodes), options.now());
  };
  const list = async (path: string, query: Record<string, string>) => {
    const parameters = new URLSearchParams({ ...query, limit: MAX_JOBS });
    return parse.readRestItems(
      (await getDocument(`${path}?${parameters}`, "the list of jobs")) ?? { items: [] },
    );
  };
  return {
    user,
    job,
    deploy,
    resolve,
    submit: (request) =>
      submitJob("/jobs.json", oarBody(request), (document) => {
        const { id, output } = parse.readRestSubmission(document);
        return id ?? readSubmission({ code: 0, text: output });
      }),
    async jobs(base) {
      const living = JOB_STATES.filter((state) => !isOver({ state })).join(",");
      const items = await list("/jobs/details.json", { user, state: living });
      return items
        .map((item) => parse.readRestJob(item, undefined, options.now()))
        .filter((each) => each.owner === user && each.name.startsWith(base) && !isOver(each))
        .sort((a, b) => a.id - b.id);
    },
    async latest(name) {
      // The API ignores a name in the query.
      const items = await list("/jobs.json", { user, state: JOB_STATES.join(",") });
      const ids = parse.readRestIds(items, { name, owner: user });
      return ids.length === 0 ? undefined : job(ids.reduce((a, b) => Math.max(a, b)));
    },
    remove: (id) => removeJob(id, `/jobs/${id}.json`),
    extend: (id, bySec) =>
      extendJob(id, `/jobs/${id}.json`, { method: "walltime-change", walltime: `+${formatWalltime(bySec)}` }),
    async ahead({ id, queue }) {
      const items = await list("/jobs.json", { state: "Waiting" });
      return parse.readRestIds(items, { queue }).filter((each) => each < id).length;
    },
    nodeStates: async () =>
      parse.readRestResources(
        (await getDocument("/resources.json?limit=100000", "the resources")) ?? { items: [] },
      ),
  };
}

/** The body of a submission. Every key becomes an option of oarsub, which refuses unknown ones. */
function oarBody(request: JobRequest): object {
  return {
    ...common(request),
    resource: resources(request),
    property: request.properties,
    type: request.types.length > 0 ? request.types : undefined,
  };
}

function g5kBody(request: JobRequest): object {
  return {
    ...common(request),
    resources: resources(request),
    properties: request.properties,
    types: request.types.length > 0 ? request.types : undefined,
  };
}

const resources = ({ nodes, walltimeSec }: JobRequest) =>
  `nodes=${nodes},walltime=${formatWalltime(walltimeSec)}`;

function common(request: JobRequest): object {
  const { name, queue, project, start } = request;
  const output = isNoop(request) ? undefined : "/dev/null";
  return {
    name,
    // The APIs require a command even for a job that runs none.
    command: COMMAND,
    stdout: output,
    stderr: output,
    queue,
    project,
    reservation: start,
  };
}

function g5kApi(settings: OarSettings, send: Send, options: RestOptions): OarClient {
  const { user } = settings;
  const { submitJob, getDocument, removeJob, extendJob, resolve, deploy, now } = commonRequests(
    settings,
    send,
    options,
  );
  const list = async (query: Record<string, string>): Promise<Job[]> => {
    // Callers that want all states pass no state: the API's filter capitalizes states, and never finds toLaunch. Newest first.
    const document = await getDocument(
      `/jobs?${new URLSearchParams({ ...query, limit: "500" })}`,
      "the list of jobs",
    );
    return parse
      .readRestItems(document ?? { items: [] })
      .map((item) => parse.readG5kJob(item, now()))
      .sort((a, b) => a.id - b.id);
  };
  return {
    user,
    deploy,
    resolve,
    submit: (request) =>
      submitJob("/jobs", g5kBody(request), (document) => parse.readG5kJob(document, now()).id),
    async job(id) {
      const document = await getDocument(`/jobs/${id}`, `job ${id}`);
      return document === undefined ? undefined : parse.readG5kJob(document, now());
    },
    jobs: async (base) =>
      // Without `resources` a list contains no nodes.
      (await list({ user, resources: "yes" })).filter(
        (each) => each.owner === user && each.name.startsWith(base) && !isOver(each),
      ),
    latest: async (name) => (await list({ user, name })).filter((each) => each.owner === user).at(-1),
    remove: (id) => removeJob(id, `/jobs/${id}`),
    extend: (id, bySec) => extendJob(id, `/jobs/${id}/walltime`, { walltime: `+${formatWalltime(bySec)}` }),
    ahead: async ({ id, queue }) =>
      (await list({ state: "waiting", queue })).filter((each) => each.id < id).length,
    nodeStates: async () => ({}), // the API reports the nodes of a site in another form
  };
}
