import { z } from "zod";
import { OarError, type OarErrorCode } from "./errors.ts";
import { addressesOf, type Job, jobState } from "./job.ts";
import { parseWalltime } from "./walltime.ts";

/** Perl's JSON has numbers as texts now and then. */
const count = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const events = z
  .array(z.object({ type: z.string(), description: z.string().nullish() }))
  .nullish()
  .transform((list) =>
    (list ?? []).map(({ type, description }) => ({ type, description: description ?? "" })),
  );
const orNothing = <T extends z.ZodType>(schema: T) => schema.nullish();

/** A job of `oarstat -f -J`. */
const oarstatJob = z.object({
  Job_Id: count,
  name: orNothing(z.string()),
  owner: z.string(),
  state: z.string(),
  queue: z.string(),
  types: texts,
  message: orNothing(z.string()),
  assigned_network_address: texts,
  wanted_resources: orNothing(z.string()),
  walltime: orNothing(count),
  startTime: orNothing(count),
  scheduledStart: orNothing(count),
  events,
});

/** A job of OAR's REST API. */
const restJob = z.object({
  id: count,
  name: orNothing(z.string()),
  owner: z.string(),
  state: z.string(),
  queue: z.string(),
  types: texts,
  message: orNothing(z.string()),
  wanted_resources: orNothing(z.string()),
  walltime: orNothing(count),
  start_time: orNothing(count),
  scheduled_start: orNothing(count),
  events,
  api_timestamp: orNothing(count),
  nodes: orNothing(z.array(z.object({ network_address: z.string() }))),
});
export const restNodes = z.object({ items: z.array(z.object({ network_address: z.string() })) });
export const restJobs = z.object({ items: z.array(restJob) });
const restResources = z.object({
  items: z.array(z.object({ network_address: z.string(), state: z.string() })),
});

/** A job of Grid'5000's API. Without an end there is no `stopped_at`, without a name no `name`. */
const g5kJob = z.object({
  uid: count,
  name: orNothing(z.string()),
  user_uid: orNothing(z.string()),
  user: orNothing(z.string()),
  state: z.string(),
  queue: orNothing(z.string()),
  types: texts,
  message: orNothing(z.string()),
  walltime: orNothing(count),
  started_at: orNothing(count),
  scheduled_at: orNothing(count),
  assigned_nodes: texts,
  events,
});
export const g5kJobs = z.object({ items: z.array(g5kJob) });

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new OarError("unreadable", `${what} has another shape: ${z.prettifyError(result.error)}`);
}

/** The text of an answer as JSON; `##########` around it, and warnings before it, are skipped. */
function json(text: string, what: string): unknown {
  const begin = text.search(/^[{[]/m);
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  try {
    return JSON.parse(text.slice(begin, end + 1));
  } catch {
    throw new OarError("unreadable", `${what} is no JSON: ${text.trim().slice(0, 200)}`);
  }
}

/** How many nodes, and for how long, a job was asked for, from `-l "{…}/network_address=2,walltime=0:10:0"`. */
function wantedOf(resources: string | null | undefined): { nodes?: number; walltimeSec?: number } {
  const [, nodes] = /\b(?:network_address|nodes|host)=(\d+)/.exec(resources ?? "") ?? [];
  const [, walltime = ""] = /\bwalltime=([\d:]+)/.exec(resources ?? "") ?? [];
  const walltimeSec = parseWalltime(walltime);
  return {
    nodes: nodes === undefined ? undefined : Number(nodes),
    walltimeSec,
  };
}

/** OAR writes 0 where there is no time yet. */
const time = <K extends string>(key: K, value: number | null | undefined) =>
  (value ? { [key]: value } : {}) as { [P in K]?: number };

/** The jobs of `oarstat -f -J`; an unknown job, and no job at all, are an empty text. */
export function readOarstat(text: string, now: number): Job[] {
  if (text.trim() === "") return [];
  const jobs = parsed(z.record(z.string(), oarstatJob), json(text, "oarstat's answer"), "oarstat's answer");
  return Object.values(jobs)
    .map((job): Job => {
      const state = jobState(job.state);
      return {
        id: job.Job_Id,
        ...common(job),
        owner: job.owner,
        state,
        ...wantedOf(job.wanted_resources),
        ...time("walltimeSec", job.walltime),
        ...time("startedAt", job.startTime),
        ...time("scheduledAt", job.scheduledStart),
        addresses: addressesOf(state, job.assigned_network_address),
        readAt: now,
      };
    })
    .sort(byId);
}

function common(job: {
  name?: string | null | undefined;
  message?: string | null | undefined;
  queue?: string | null | undefined;
  types: string[];
  events: Job["events"];
}): Pick<Job, "name" | "message" | "queue" | "types" | "events"> {
  const { types, events: list } = job;
  return { name: job.name ?? "", message: job.message ?? "", queue: job.queue ?? "", types, events: list };
}

const byId = (a: Job, b: Job) => a.id - b.id;

/**
 * A job of OAR's REST API; its nodes are another request, but in a list of details. They come in another order each time, so
 * they are sorted: the first is the first again.
 */
export function readRestJob(value: unknown, nodes: readonly string[] | undefined, now: number): Job {
  const job = parsed(restJob, value, "the API's job");
  const state = jobState(job.state);
  return {
    id: job.id,
    ...common(job),
    owner: job.owner,
    state,
    ...wantedOf(job.wanted_resources),
    ...time("walltimeSec", job.walltime),
    ...time("startedAt", job.start_time),
    ...time("scheduledAt", job.scheduled_start),
    addresses: addressesOf(state, inOrder(nodes ?? job.nodes?.map((node) => node.network_address) ?? [])),
    readAt: job.api_timestamp ?? now,
  };
}

const inOrder = (names: readonly string[]) =>
  [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

/** A list of OAR's REST API, details or not: the jobs as they are in it. */
export function readRestItems(value: unknown): unknown[] {
  return parsed(z.object({ items: z.array(z.unknown()) }), value, "the API's list").items;
}

/** Ids of the jobs of a list that are as asked for. */
export function readRestIds(items: readonly unknown[], asked: Record<string, string>): number[] {
  const shape = z.looseObject({ id: count });
  return items
    .map((item) => parsed(shape, item, "the API's list"))
    .filter((item) => Object.entries(asked).every(([key, value]) => item[key] === value))
    .map(({ id }) => id);
}

export function readRestNodes(value: unknown): string[] {
  return parsed(restNodes, value, "the API's list of nodes").items.map((node) => node.network_address);
}

/** A job of Grid'5000's API: it names nodes although a job does not run yet. */
export function readG5kJob(value: unknown, now: number): Job {
  const job = parsed(g5kJob, value, "the API's job");
  const state = jobState(job.state);
  return {
    id: job.uid,
    ...common(job),
    owner: job.user_uid ?? job.user ?? "",
    state,
    ...(state === "Running" && job.assigned_nodes.length > 0
      ? { nodes: new Set(job.assigned_nodes).size }
      : {}),
    ...time("walltimeSec", job.walltime),
    ...time("startedAt", job.started_at),
    ...time("scheduledAt", job.scheduled_at),
    addresses: addressesOf(state, job.assigned_nodes),
    readAt: now,
  };
}

/** How many nodes are in which state. */
export type NodeStates = Record<string, number>;

/** The nodes of `oarnodes -J`, a line a resource: a node is in the worst state of its resources. */
export function readOarnodes(text: string): NodeStates {
  if (text.trim() === "") return {};
  const shape = z.record(z.string(), z.object({ network_address: z.string().nullish(), state: z.string() }));
  return countNodes(Object.values(parsed(shape, json(text, "oarnodes' answer"), "oarnodes' answer")));
}

export function readRestResources(value: unknown): NodeStates {
  return countNodes(parsed(restResources, value, "the API's list of resources").items);
}

function countNodes(resources: readonly { network_address?: string | null | undefined; state: string }[]) {
  const states = new Map<string, string>();
  for (const { network_address: node, state } of resources) {
    if (node && (states.get(node) ?? "Alive") === "Alive") states.set(node, state);
  }
  const counts: NodeStates = {};
  for (const state of states.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What a program of OAR's on the frontend, or the API in its place, answered. */
export interface Answer {
  code: number;
  text: string;
}

/** What oarsub ends with, beside 0; it prints an id (a negative one) where it fails. */
const OARSUB: [test: (answer: Answer) => boolean, code: OarErrorCode][] = [
  [({ text }) => /not enough resources/i.test(text), "not-enough-nodes"],
  [({ text }) => /Reservation not valid/i.test(text), "start-refused"],
  [({ text }) => /Cannot connect to executor/i.test(text), "server-down"],
  [({ code }) => code === 127, "no-oar"],
  [({ code, text }) => code === 254 || /unknown job type/i.test(text), "bad-type"],
  [({ code, text }) => code === 248 || /queue \S+ does not exist/i.test(text), "bad-queue"],
  [({ code }) => code === 7, "bad-date"],
  [
    ({ code, text }) =>
      code === 255 || code === 5 || /Bad resource request|Cannot recognize the resource/i.test(text),
    "bad-request",
  ],
];

/** The id of a job that was made. @throws OarError that tells why there is none */
export function readSubmission(answer: Answer): number {
  const [, id] = /^OAR_JOB_ID=(\d+)\s*$/m.exec(answer.text) ?? [];
  if (answer.code === 0 && id) return Number(id);
  const [, code] = OARSUB.find(([test]) => test(answer)) ?? [undefined, "refused" as const];
  throw new OarError(code, `OAR made no reservation: ${essence(answer)}`);
}

/** Without what OAR says of every job, and in one line. */
function essence({ code, text }: Answer): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^OAR_JOB_ID=|^\[ERROR\] Oarsub failed, please verify/.test(line))
    .filter((line) => !/^\[ADMISSION RULE\] (Modify|Set default|Automatically)/.test(line))
    .filter((line) => !/^Reservation mode: waiting/.test(line));
  return [...new Set(lines)].join(" ").slice(0, 500) || `it ended with ${code}`;
}

/** Whether a deletion was noted, or there was nothing to delete any more. @throws OarError */
export function readDeletion(id: number, answer: Answer): "registered" | "gone" {
  if (answer.code === 0) return "registered";
  if (answer.code === 6 || /already killed/i.test(answer.text)) return "gone";
  // OAR says this of a job that does not exist, too; so does Grid'5000's API with another text.
  if (/not the right user|not authorized to access/i.test(answer.text)) {
    throw new OarError("not-owner", `job ${id} was not deleted: ${essence(answer)}`);
  }
  throw new OarError(
    answer.code === 127 ? "no-oar" : "refused",
    `job ${id} was not deleted: ${essence(answer)}`,
  );
}

/** @throws OarError where a job is not lengthened */
export function readExtension(id: number, answer: Answer): void {
  if (answer.code === 0 && !/disabled/i.test(answer.text)) return;
  const { text, code } = answer;
  const reason: OarErrorCode = /disabled/i.test(text)
    ? "walltime-disabled"
    : code === 127
      ? "no-oar"
      : /not running/i.test(text)
        ? "not-running"
        : "walltime-refused";
  throw new OarError(reason, `job ${id} was not lengthened: ${essence(answer)}`);
}

/** What a REST API says of a failed request; OAR's hands on what its programs printed, and what they ended with. */
export function readRestError(status: number, body: string): Answer {
  const message = messageOf(body);
  const [, ended] = /command exited with status (\d+)/.exec(message) ?? [];
  const raw = Number(ended ?? Number.NaN);
  const code = Number.isNaN(raw) ? status : raw >= 256 ? raw >> 8 : raw; // a wait status, or an exit code
  const text = message
    .replace(/\s*\n\s*\nCmd:[\s\S]*$/, "")
    .replace(/\. \(Command was: [\s\S]*$/, "")
    .replace(/^Oar\w* command exited with status \d+: /, "");
  return { code, text };
}

function messageOf(body: string): string {
  try {
    const answer = z.object({ message: z.string() }).safeParse(JSON.parse(body));
    return answer.success ? answer.data.message : body;
  } catch {
    return body;
  }
}
