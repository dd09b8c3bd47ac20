import { z } from "zod";
import { parseWalltime } from "../walltime.ts";
import { OarError } from "./errors.ts";
import { addressesOf, type Job, jobState } from "./job.ts";

/** Perl's JSON sometimes writes numbers as strings. */
const count = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
/** OAR writes 0 where there is no time yet. */
const time = count.nullish().transform((value) => value || undefined);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const event = z.object({ type: z.string(), description: text });
const events = z
  .array(event)
  .nullish()
  .transform((list) => list ?? []);

const common = { name: text, state: z.string(), types: texts, message: text, walltime: time, events };

/** A job of `oarstat -f -J`. */
const oarstatJob = z.object({
  ...common,
  Job_Id: count,
  owner: z.string(),
  queue: z.string(),
  assigned_network_address: texts,
  wanted_resources: text,
  startTime: time,
  scheduledStart: time,
});

/** A job of OAR's REST API. */
const restJob = z.object({
  ...common,
  id: count,
  owner: z.string(),
  queue: z.string(),
  wanted_resources: text,
  start_time: time,
  scheduled_start: time,
  api_timestamp: count.nullish(),
  nodes: z.array(z.object({ network_address: z.string() })).nullish(),
});

/** A job of Grid'5000's API. Without an end there is no `stopped_at`, without a name no `name`. */
const g5kJob = z.object({
  ...common,
  uid: count,
  user_uid: z.string().nullish(),
  user: z.string().nullish(),
  queue: text,
  started_at: time,
  scheduled_at: time,
  assigned_nodes: texts,
});

const restNodes = z.object({ items: z.array(z.object({ network_address: z.string() })) });
const restItems = z.object({ items: z.array(z.unknown()) });
const restId = z.looseObject({ id: count });
const resource = z.object({ network_address: z.string().nullish(), state: z.string() });
const restResources = z.object({ items: z.array(resource) });

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new OarError("unreadable", `${what} has another shape: ${z.prettifyError(result.error)}`);
}

/** Parses an answer as JSON, without the `##########` around it and the warnings before it. */
function json(answer: string, what: string): unknown {
  const begin = answer.search(/^[{[]/m);
  const end = Math.max(answer.lastIndexOf("}"), answer.lastIndexOf("]"));
  try {
    return JSON.parse(answer.slice(begin, end + 1));
  } catch {
    throw new OarError("unreadable", `${what} is no JSON: ${answer.trim().slice(0, 200)}`);
  }
}

/** The nodes and the walltime that a job asked for, from `-l "{…}/network_address=2,walltime=0:10:0"`. */
function wantedOf(resources: string): { nodes?: number; walltimeSec?: number } {
  const [, nodes] = /\b(?:network_address|nodes|host)=(\d+)/.exec(resources) ?? [];
  const [, walltime = ""] = /\bwalltime=([\d:]+)/.exec(resources) ?? [];
  return { nodes: nodes === undefined ? undefined : Number(nodes), walltimeSec: parseWalltime(walltime) };
}

/** The jobs of `oarstat -f -J`, sorted by id. For an unknown job, and for none, oarstat prints nothing. */
export function readOarstat(answer: string, now: number): Job[] {
  if (answer.trim() === "") return [];
  const jobs = parsed(z.record(z.string(), oarstatJob), json(answer, "oarstat's answer"), "oarstat's answer");
  return Object.values(jobs)
    .map((job): Job => {
      const { name, owner, queue, types, message, events: list } = job;
      const state = jobState(job.state);
      const wanted = wantedOf(job.wanted_resources);
      return {
        id: job.Job_Id,
        name,
        owner,
        state,
        queue,
        types,
        message,
        nodes: wanted.nodes,
        walltimeSec: job.walltime ?? wanted.walltimeSec,
        startedAt: job.startTime,
        scheduledAt: job.scheduledStart,
        addresses: addressesOf(state, job.assigned_network_address),
        events: list,
        readAt: now,
      };
    })
    .sort((a, b) => a.id - b.id);
}

/**
 * A job of OAR's REST API. Its nodes are another request, except in a list of details; the API gives them in another order
 * each time, so they are sorted.
 */
export function readRestJob(value: unknown, nodes: readonly string[] | undefined, now: number): Job {
  const job = parsed(restJob, value, "the API's job");
  const { id, name, owner, queue, types, message, events: list } = job;
  const state = jobState(job.state);
  const wanted = wantedOf(job.wanted_resources);
  const names = nodes ?? job.nodes?.map((node) => node.network_address) ?? [];
  const sorted = [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return {
    id,
    name,
    owner,
    state,
    queue,
    types,
    message,
    nodes: wanted.nodes,
    walltimeSec: job.walltime ?? wanted.walltimeSec,
    startedAt: job.start_time,
    scheduledAt: job.scheduled_start,
    addresses: addressesOf(state, sorted),
    events: list,
    readAt: job.api_timestamp ?? now,
  };
}

/** A job of Grid'5000's API, which names nodes even of a job that does not run yet. */
export function readG5kJob(value: unknown, now: number): Job {
  const job = parsed(g5kJob, value, "the API's job");
  const { uid, name, queue, types, message, events: list } = job;
  const state = jobState(job.state);
  const addresses = addressesOf(state, job.assigned_nodes);
  return {
    id: uid,
    name,
    owner: job.user_uid ?? job.user ?? "",
    state,
    queue,
    types,
    message,
    nodes: addresses.length > 0 ? addresses.length : undefined,
    walltimeSec: job.walltime,
    startedAt: job.started_at,
    scheduledAt: job.scheduled_at,
    addresses,
    events: list,
    readAt: now,
  };
}

/** The items of a list of a REST API, with details or without. */
export function readRestItems(value: unknown): unknown[] {
  return parsed(restItems, value, "the API's list").items;
}

/** The ids of the listed jobs whose fields have these values. */
export function readRestIds(items: readonly unknown[], fields: Record<string, string>): number[] {
  return items
    .map((item) => parsed(restId, item, "the API's list"))
    .filter((item) => Object.entries(fields).every(([key, value]) => item[key] === value))
    .map(({ id }) => id);
}

export function readRestNodes(value: unknown): string[] {
  return parsed(restNodes, value, "the API's list of nodes").items.map((node) => node.network_address);
}

/** How many nodes are in which state. */
export type NodeStates = Record<string, number>;

/** Counts the nodes of `oarnodes -J`, which lists resources: a node is in the worst state of its resources. */
export function readOarnodes(answer: string): NodeStates {
  if (answer.trim() === "") return {};
  const resources = z.record(z.string(), resource);
  return countNodes(Object.values(parsed(resources, json(answer, "oarnodes' answer"), "oarnodes' answer")));
}

export function readRestResources(value: unknown): NodeStates {
  return countNodes(parsed(restResources, value, "the API's list of resources").items);
}

function countNodes(resources: readonly z.output<typeof resource>[]): NodeStates {
  const states = new Map<string, string>();
  for (const { network_address: node, state } of resources) {
    if (node && (states.get(node) ?? "Alive") === "Alive") states.set(node, state);
  }
  const counts: NodeStates = {};
  for (const state of states.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
