// Generates answers of OAR by kind: fields with wrong values, answers that are none, failed requests, broken connections.
import type { OarClient } from "../../testbeds/oar/client.ts";
import * as parse from "../../testbeds/oar/parse.ts";
import type { JobRequest } from "../../testbeds/oar/request.ts";
import { restClient } from "../../testbeds/oar/restClient.ts";
import { sshClient } from "../../testbeds/oar/sshClient.ts";
import { NO_DOCUMENTS, pathsOf, VALUES, withValueAt } from "./hostile.ts";
import { oarSettingsOf } from "./oarSettings.ts";

/** An answer, and how it is read. */
export interface OarCase {
  what: string;
  read: () => unknown;
}

const TIMES = { startTime: 1795404690, scheduledStart: 1795404690, walltime: 900 };
const COMMON = {
  name: "bench-1",
  state: "Running",
  queue: "default",
  owner: "ann",
  project: "default",
  types: ["deploy"],
  message: "FIFO scheduling OK",
  events: [{ type: "SWITCH", description: "started" }],
  wanted_resources: "-l \"{type = 'default'}/network_address=2,walltime=0:10:0\" ",
};
const NODES = ["gros-2.nancy.grid5000.fr", "gros-1.nancy.grid5000.fr"];
const OARSTAT_JOB = { ...COMMON, ...TIMES, Job_Id: 1, assigned_network_address: NODES };
const REST_JOB = {
  ...COMMON,
  id: 1,
  walltime: 900,
  start_time: 1795404690,
  scheduled_start: 1795404690,
  api_timestamp: 1795404700,
  nodes: NODES.map((node) => ({ network_address: node, status: "assigned" })),
};
const G5K_JOB = {
  ...COMMON,
  state: "running",
  uid: 1,
  user_uid: "ann",
  user: "ann",
  walltime: 900,
  started_at: 1795404690,
  scheduled_at: 1795404690,
  assigned_nodes: NODES,
};
/** A job in each form, as correct answers have it. */
export const OAR_DOCUMENTS: readonly object[] = [OARSTAT_JOB, REST_JOB, G5K_JOB];
const RESOURCES = {
  1: { network_address: NODES[0], state: "Alive" },
  2: { network_address: "", state: "Dead" },
};

const shown = (value: unknown) => (JSON.stringify(value) ?? "no value").slice(0, 60);

/** One case for every field of a job or resource and every kind of value, and one without the field. */
function fieldCases(): OarCase[] {
  const readers: [name: string, document: object, read: (document: unknown) => unknown][] = [
    ["oarstat", { 1: OARSTAT_JOB }, (document) => parse.readOarstat(JSON.stringify(document), 1795404700)],
    ["OAR's API", REST_JOB, (document) => parse.readRestJob(document, undefined, 1795404700)],
    ["Grid'5000's API", G5K_JOB, (document) => parse.readG5kJob(document, 1795404700)],
    ["oarnodes", RESOURCES, (document) => parse.readOarnodes(JSON.stringify(document))],
    ["API resources", { items: Object.values(RESOURCES) }, parse.readRestResources],
    [
      "an API list",
      { items: [{ id: 1, name: "a" }] },
      (list) => parse.readRestIds(parse.readRestItems(list), {}),
    ],
    ["API nodes", { items: [{ network_address: "a" }] }, parse.readRestNodes],
    ["an API submission", { id: 1, cmd_output: "OAR_JOB_ID=1" }, parse.readRestSubmission],
  ];
  return readers.flatMap(([name, document, read]) =>
    pathsOf(document).flatMap((path) =>
      [...VALUES, undefined].map((value) => ({
        what: `${name}: ${path.join(".")} = ${shown(value)}`,
        // As an answer has it: JSON has no undefined.
        read: () => read(JSON.parse(JSON.stringify(withValueAt(document, path, value)))),
      })),
    ),
  );
}

const WANTED: JobRequest = { name: "bench-1", nodes: 2, walltimeSec: 900, types: [] };
/** Every request of a client. */
const REQUESTS: Readonly<Record<string, (client: OarClient) => unknown>> = {
  submit: (client) => client.submit(WANTED),
  job: (client) => client.job(1),
  jobs: (client) => client.jobs("bench"),
  latest: (client) => client.latest("bench-1"),
  remove: (client) => client.remove(1),
  extend: (client) => client.extend(1, 60),
  ahead: async (client) => client.ahead(parse.readG5kJob(G5K_JOB, 0)),
  nodeStates: (client) => client.nodeStates(),
};

/** Bodies of a REST API, beside those that are no document. */
const BODIES: Readonly<Record<string, string>> = {
  "no fields": "{}",
  "null items": '{"items":null}',
  "a list of nulls": '{"items":[null]}',
  "a message that is none": '{"message":{"a":1}}',
  "a message with controls": '{"message":"\\u001b[2J\\u202eno\\n\\u0000"}',
  "a million empty lines": JSON.stringify({ message: "\n".repeat(200_000) }),
  "a job of a hostile node": JSON.stringify({
    ...G5K_JOB,
    ...REST_JOB,
    assigned_nodes: ["../../x"],
    nodes: [{ network_address: 'x\nMatch exec "id"' }],
  }),
};
const STATUSES = [200, 201, 400, 401, 403, 404, 409, 418, 500, 502, 503];

/** Answers of a REST API: every body, status and request, in both forms of the API. */
function restCases(): OarCase[] {
  const bodies: [name: string, body: string | Buffer][] = [
    ...Object.entries(NO_DOCUMENTS),
    ...Object.entries(BODIES),
  ];
  const clientOf = (shape: string, status: number, body: string | Buffer) => {
    const settings = oarSettingsOf({
      kind: "oar",
      frontend: "rennes",
      user: "ann",
      walltime: "1 hour",
      api: "rest",
      rest: { url: "http://127.0.0.1:9/api", shape },
    });
    const fetch = async () => new Response(body as string, { status });
    return restClient(settings, { fetch: fetch as typeof globalThis.fetch, now: () => 1795404700 });
  };
  return ["oar", "grid5000"].flatMap((shape) =>
    bodies.flatMap(([name, body]) =>
      STATUSES.flatMap((status) =>
        Object.entries(REQUESTS).map(([request, ask]) => ({
          what: `${request} at the API of ${shape}: ${status} with ${name}`,
          read: () => ask(clientOf(shape, status, body)),
        })),
      ),
    ),
  );
}

const framed = (output: string, code: number | string = 0, now: number | string = 1795404700) =>
  `swarmbench-begin\n${output}\nswarmbench-end ${code} ${now}\n`;
/** What ssh prints for a command on a frontend. */
const OUTPUTS: Readonly<Record<string, string>> = {
  nothing: "",
  "a greeting only": "Welcome to nancy\n",
  "no end": "swarmbench-begin\n{",
  "an end without a beginning": "\nswarmbench-end 0 1795404700\n",
  "two beginnings": `swarmbench-begin\n${framed("{}")}`,
  "a forged end in the middle": framed("\nswarmbench-end 0 1\nmore"),
  "an exit code of many digits": framed("{}", "9".repeat(400)),
  "a time of many digits": framed("{}", 0, "9".repeat(400)),
  "a time beyond all dates": framed(JSON.stringify({ 1: OARSTAT_JOB }), 0, "99999999999"),
  "exit code 127": framed("sh: oarstat: not found", 127),
  "exit code 255": framed("\u001b[2J\u202e", 255),
  "an id of many digits": framed(`OAR_JOB_ID=${"9".repeat(400)}`),
  "a negative id": framed("OAR_JOB_ID=-5"),
  "id 0": framed("OAR_JOB_ID=0"),
  "two ids": framed("OAR_JOB_ID=1\nOAR_JOB_ID=2"),
  "a million empty lines": framed("\n".repeat(200_000)),
  "a hostile node": framed(
    JSON.stringify({ 1: { ...OARSTAT_JOB, assigned_network_address: ["-oProxyCommand=id"] } }),
  ),
  "a hostile failed node": framed('failed: x;id ../../y "z'),
};

/** Outputs of a frontend for every request, also when ssh fails. */
function sshCases(): OarCase[] {
  const settings = oarSettingsOf({ kind: "oar", frontend: "nancy", user: "ann", walltime: "1 hour" });
  const outputs: [name: string, stdout: string][] = [
    ...Object.entries(OUTPUTS),
    ...Object.entries(NO_DOCUMENTS).map(([name, text]): [string, string] => [
      `answers ${name}`,
      framed(String(text)),
    ]),
  ];
  const ends = [
    { code: 0, stderr: "", timedOut: false },
    { code: 255, stderr: "\u001b[2JPermission denied (publickey).", timedOut: false },
    { code: undefined, stderr: "", timedOut: true },
  ];
  const requests = {
    ...REQUESTS,
    resolve: (client: OarClient) => client.resolve(["gros-1"]),
    deploy: (client: OarClient) => client.deploy(1, "debian12-min", ["gros-1"]),
  };
  return outputs.flatMap(([name, stdout]) =>
    ends.flatMap((end) =>
      Object.entries(requests).map(([request, ask]) => ({
        what: `${request} over ssh, which ends with ${end.code ?? "a timeout"}: ${name}`,
        read: () => ask(sshClient(settings, ["ann@nancy"], async () => ({ ...end, stdout }))),
      })),
    ),
  );
}

/** The answers, by kind. */
export const OAR_KINDS: Readonly<Record<string, () => OarCase[]>> = {
  "a field of another kind": fieldCases,
  "an answer of a REST API": restCases,
  "the output of a frontend": sshCases,
};
