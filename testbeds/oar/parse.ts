import { z } from "zod";
import { plainMessage } from "../../contract/plainMessage.ts";
import { isHostName, plainForeign, quoteForeign } from "../../lib/hostNames.ts";
import { parseWalltime } from "../walltime.ts";
import { oarError } from "./errors.ts";
import { addressesOf, type Job, jobState } from "./job.ts";

/** The last second of the year 9999. */
const LATEST_SEC = 253_402_300_799;
/** OAR's database has 32 bits for a walltime, in seconds. */
const LONGEST_SEC = 2 ** 31 - 1;
/** OAR's database has 32 bits for the id of a job. */
const LARGEST_ID = 2 ** 32;
/** More nodes than any testbed has. */
const MOST_NODES = 1_000_000;

/** A number from `min` to `max`; Perl's JSON sometimes writes it as a string. */
function within(min: number, max: number) {
  const expected = `expected a number from ${min} to ${max}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,15}$/)
          .transform(Number),
      ],
      expected,
    )
    .refine((value) => value >= min && value <= max, expected);
}
const id = within(1, LARGEST_ID).refine(Number.isInteger, "expected a whole number");
/** Whole seconds; OAR writes 0 if there is no value yet. */
const seconds = (max: number) =>
  within(0, max)
    .nullish()
    .transform((value) => Math.floor(value ?? 0) || undefined);
const time = seconds(LATEST_SEC);
const walltime = seconds(LONGEST_SEC);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
/** Maximum length of a text, in characters. */
const MAX_TEXT = 2_000;
/** A text that is safe to print: control characters become spaces. */
const shownText = text.transform((value) => plainForeign(value, MAX_TEXT));
const optionalText = shownText.transform((value) => value || undefined);
const requiredText = z.string().transform((value) => plainForeign(value, MAX_TEXT));
const texts = z
  .array(shownText)
  .nullish()
  .transform((list) => list ?? []);
/** A machine's name goes into ssh configurations and command lines. */
const machineName = z.string().refine(isHostName, {
  error: ({ input }) => `${quoteForeign(String(input))} is not a host name`,
});
/** Resources that are not machines, such as VLANs, have an empty name. */
const machineNames = z
  .array(z.union([z.literal(""), machineName]))
  .nullish()
  .transform((list) => (list ?? []).filter((name) => name !== ""));
const event = z.object({ type: shownText, description: shownText });
const events = z
  .array(event)
  .nullish()
  .transform((list) => list ?? []);

const common = {
  name: shownText,
  state: z.string(),
  project: optionalText,
  types: texts,
  message: shownText,
  walltime,
  events,
};

/** A job of `oarstat -f -J`. */
const oarstatJob = z.object({
  ...common,
  Job_Id: id,
  owner: requiredText,
  queue: requiredText,
  assigned_network_address: machineNames,
  wanted_resources: text,
  startTime: time,
  scheduledStart: time,
});

/** A job of OAR's REST API. */
const restJob = z.object({
  ...common,
  id,
  owner: requiredText,
  queue: requiredText,
  wanted_resources: text,
  start_time: time,
  scheduled_start: time,
  api_timestamp: time,
  nodes: z.array(z.object({ network_address: machineName })).nullish(),
});

/** A job of Grid'5000's API. A list contains `assigned_nodes` only if it is asked for with `resources=yes`. */
const g5kJob = z.object({
  ...common,
  uid: id,
  user_uid: optionalText,
  user: optionalText,
  queue: shownText,
  started_at: time,
  scheduled_at: time,
  assigned_nodes: machineNames,
});

const restNodes = z.object({ items: z.array(z.object({ network_address: machineName })) });
const restItems = z.object({ items: z.array(z.unknown()) });
const restId = z.looseObject({ id });
const restSubmission = z.object({ id: id.optional(), cmd_output: text });
const resource = z.object({ network_address: z.string().nullish(), state: requiredText });
const restResources = z.object({ items: z.array(resource) });

/** Maximum number of errors in a message. */
const MAX_ERRORS = 5;

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value, { error: plainMessage });
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_ERRORS).map((issue) => {
    const field = quoteForeign(issue.path.join("."));
    return issue.path.length > 0 ? `${field}: ${issue.message}` : issue.message;
  });
  throw oarError("oar-unreadable", `${what} has an unknown format: ${errors.join("; ")}`);
}

/** Parses an answer as JSON, without the `##########` around it and the warnings before it. */
function json(answer: string, what: string): unknown {
  const begin = answer.search(/^[{[]/m);
  const end = Math.max(answer.lastIndexOf("}"), answer.lastIndexOf("]"));
  try {
    return JSON.parse(answer.slice(begin, end + 1));
  } catch {
    throw oarError("oar-unreadable", `${what} is not JSON: ${plainForeign(answer, 200) || "it is empty"}`);
  }
}

/** The number of nodes and the walltime that a job requested, from `-l "{…}/network_address=2,walltime=0:10:0"`. */
function wantedOf(resources: string): { nodes?: number; walltimeSec?: number } {
  const [, nodes = ""] = /\b(?:network_address|nodes|host)=(\d{1,15})\b/.exec(resources) ?? [];
  const [, walltime = ""] = /\bwalltime=([\d:]{1,40})/.exec(resources) ?? [];
  const upTo = (max: number, value = 0) => (value > 0 && value <= max ? value : undefined);
  return {
    nodes: upTo(MOST_NODES, Number(nodes)),
    walltimeSec: upTo(LONGEST_SEC, parseWalltime(walltime)),
  };
}

/** The jobs of `oarstat -f -J`, sorted by id. For an unknown job oarstat prints nothing. */
export function readOarstat(answer: string, now: number): Job[] {
  if (answer.trim() === "") return [];
  const jobs = parsed(z.record(z.string(), oarstatJob), json(answer, "oarstat's answer"), "oarstat's answer");
  return Object.values(jobs)
    .map((job): Job => {
      const { name, owner, queue, project, types, message, events: list } = job;
      const state = jobState(job.state);
      const wanted = wantedOf(job.wanted_resources);
      return {
        id: job.Job_Id,
        name,
        owner,
        state,
        queue,
        project,
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
 * A job of OAR's REST API. Its nodes need another request, except in a list of details. They are sorted, because the API
 * returns them in a different order each time.
 */
export function readRestJob(value: unknown, nodes: readonly string[] | undefined, now: number): Job {
  const job = parsed(restJob, value, "the API's job");
  const { id, name, owner, queue, project, types, message, events: list } = job;
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
    project,
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

/** A job of Grid'5000's API, which lists planned nodes of a job that does not run yet. Their number is the requested one. */
export function readG5kJob(value: unknown, now: number): Job {
  const job = parsed(g5kJob, value, "the API's job");
  const { uid, name, queue, project, types, message, events: list } = job;
  const state = jobState(job.state);
  const addresses = addressesOf(state, job.assigned_nodes);
  return {
    id: uid,
    name,
    owner: job.user_uid ?? job.user ?? "",
    state,
    queue,
    project,
    types,
    message,
    nodes: new Set(job.assigned_nodes).size || undefined,
    walltimeSec: job.walltime,
    startedAt: job.started_at,
    scheduledAt: job.scheduled_at,
    addresses,
    events: list,
    readAt: now,
  };
}

/** The id of the job that OAR's REST API submitted, or else the output of oarsub. */
export function readRestSubmission(value: unknown): { id?: number; output: string } {
  const { id: job, cmd_output: output } = parsed(restSubmission, value, "the API's answer to the submission");
  return { id: job, output };
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

/** The host names of a job's nodes in OAR's REST API. */
export function readRestNodes(value: unknown): string[] {
  return parsed(restNodes, value, "the API's list of nodes").items.map((node) => node.network_address);
}

/** How many nodes are in which state. */
export type NodeStates = Record<string, number>;

/** Counts the nodes of `oarnodes -J`, which lists resources: a node has the worst state of its resources. */
export function readOarnodes(answer: string): NodeStates {
  if (answer.trim() === "") return {};
  const resources = z.record(z.string(), resource);
  return countNodes(Object.values(parsed(resources, json(answer, "oarnodes' answer"), "oarnodes' answer")));
}

/** Counts the nodes in the resources of OAR's REST API. */
export function readRestResources(value: unknown): NodeStates {
  return countNodes(parsed(restResources, value, "the API's list of resources").items);
}

function countNodes(resources: readonly z.output<typeof resource>[]): NodeStates {
  const states = new Map<string, string>();
  for (const { network_address: node, state } of resources) {
    if (node && (states.get(node) ?? "Alive") === "Alive") states.set(node, state);
  }
  // A map, since a state may have a name that every object has, such as "constructor".
  const counts = new Map<string, number>();
  for (const state of states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return Object.fromEntries(counts);
}
