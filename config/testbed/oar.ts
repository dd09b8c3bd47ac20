// `testbed.kind: oar`: machines that OAR reserves.
import { z } from "zod";
import { longDuration, wholeNumber, yesOrNo } from "../../contract/units.ts";
import { definedOnly, MAX_NODES } from "../nodes.ts";
import { DEFAULT_NODES, defineKind, namedNodes, perNodeErrors } from "./kind.ts";
import {
  accessShape,
  bridgeNetwork,
  dataNetwork,
  file,
  type HostsSettings,
  hostKey,
  hostsSettings,
  hostsShape,
  jump,
  line,
  minNodesErrors,
  perNodeShape,
  port,
  word,
} from "./machines.ts";

const rest = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "expected an address such as https://…" })
    .describe("The API's address, up to and with `oarapi`, or `sites/SITE` at Grid'5000."),
  shape: z
    .enum(["oar", "grid5000"], "expected oar or grid5000")
    .describe("Which API it is: OAR's own, or that of Grid'5000."),
  passwordFile: file.optional().meta({
    description:
      "File with the user's password, and nothing else in it. From inside Grid'5000 none is needed.",
    valueType: "file",
  }),
});

const queue = word
  .optional()
  .meta({ description: "OAR's queue (`oarsub -q`).", whenAbsent: "OAR's own default" });
const project = word.optional().meta({
  description: "The project that the jobs are accounted to (`oarsub --project`).",
  whenAbsent: "OAR's own default",
});
const properties = line.optional().meta({
  description:
    "Which machines are wanted (`oarsub -p`), such as `cluster='gros'`. Ask for machines of one kind, or the results mix kinds.",
  whenAbsent: "any machines",
});

const site = z.strictObject({
  frontend: word.describe("The site's frontend, as ssh takes it."),
  nodes: wholeNumber(1, MAX_NODES).describe("Number of nodes that are reserved there."),
  port: port.optional().meta({ description: "The frontend's SSH port.", whenAbsent: "`testbed.port`" }),
  jump: jump
    .optional()
    .meta({ description: "Host through which the frontend is reached.", whenAbsent: "`testbed.jump`" }),
  hostKey: hostKey
    .optional()
    .meta({ description: "The frontend's only valid host key.", whenAbsent: "`testbed.hostKey`" }),
  queue: queue.meta({ description: "OAR's queue at this site.", whenAbsent: "`testbed.queue`" }),
  properties: properties.meta({
    description: "Which machines are wanted at this site.",
    whenAbsent: "`testbed.properties`",
  }),
  rest: rest.optional().meta({
    description: "The site's REST API.",
    valueType: "as `testbed.rest`",
    whenAbsent: "`testbed.rest`",
  }),
});

/** `testbed` of a scenario whose nodes OAR reserves. */
export const oarSchema = z
  .strictObject({
    kind: z.literal("oar"),
    frontend: word.optional().meta({
      description: "The site's frontend, as ssh takes it, such as `nancy.g5k`.",
      whenAbsent: "must be set, unless `sites` is",
    }),
    sites: z
      .array(site)
      .min(1, "expected one site at least")
      .optional()
      .describe(
        "Several sites instead of `frontend` and the stack's `nodes`, each with an OAR of its own; all of them make one swarm. `node1` is the first node of the first site. Options that a site does not set are those of the testbed.",
      ),
    user: word.describe("Who reserves at the frontend."),
    port: port.prefault(22).describe("The frontend's SSH port."),
    jump: jump.optional().describe("Host through which the frontend is reached."),
    key: accessShape.key,
    knownHosts: accessShape.knownHosts,
    hostKey: hostKey.optional().meta({
      description: "The frontend's only valid host key; no file is looked up then.",
      whenAbsent: "looked up in `knownHosts`",
    }),
    acceptAnyHostKey: yesOrNo
      .prefault(false)
      .describe("Accept any host key of the frontend. Unsafe: only for test installations of OAR."),
    sshConfig: file.optional().meta({
      description:
        "An ssh configuration, such as `~/.ssh/config`, that is used instead of `jump`, `key`, `knownHosts` and `hostKey`.",
      valueType: "file",
    }),
    walltime: longDuration.meta({
      description:
        "How long the machines are reserved. It must cover the deployment of a system, the stack and the whole benchmark.",
      examples: ["2 hours"],
    }),
    extend: yesOrNo
      .prefault(false)
      .describe(
        "Extend the job (`oarwalltime`) where the planned run does not fit any more. Without it a warning says what is missing, and the run stops in order before a step that may not end in time.",
      ),
    timeout: longDuration
      .prefault("30 minutes")
      .describe(
        "How long a job may wait for its machines before it is deleted. With `start`, it must last until then.",
      ),
    start: z
      .string()
      .regex(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
        'expected "YYYY-MM-DD hh:mm:ss", in the frontend\'s time, such as "2027-03-25 19:00:00"',
      )
      .optional()
      .meta({
        description:
          "When the job starts, in the frontend's time, such as `2027-03-25 19:00:00`. For what is too large for the day.",
        valueType: "`YYYY-MM-DD hh:mm:ss`",
        whenAbsent: "at once",
      }),
    queue,
    project,
    properties,
    types: z
      .array(line)
      .prefault([])
      .describe(
        "The job's types (`oarsub -t`), such as `deploy`. Grid'5000's exotic machines also need `exotic`.",
      ),
    jobName: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$/, "expected at most 80 letters, digits, dots or dashes")
      .optional()
      .meta({
        description: "The job's name (`oarsub -n`), by which a reservation is found again.",
        whenAbsent: "made of stack, machine and folder",
      }),
    environment: word.optional().meta({
      description:
        "System that `kadeploy3` installs on the machines, such as `debian12-min`, with the keys of your `authorized_keys` on the frontend for root. It needs `types: [deploy]` and `api: ssh`.",
      whenAbsent: "the testbed's standard system",
    }),
    nodeUser: word.optional().meta({
      description: "Who logs in to the nodes: root, or a user who has sudo without a password.",
      whenAbsent: "`root` where `environment` is set, otherwise `user`",
    }),
    api: z
      .enum(["ssh", "rest"], "expected ssh or rest")
      .prefault("ssh")
      .describe("How OAR is asked: by its commands on the frontend over SSH, or by its REST API."),
    rest: rest.optional().describe("The REST API, where `api` is `rest`."),
    dataNetwork,
    ...hostsShape,
    ...perNodeShape,
  })
  .superRefine((settings, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const { sites = [settings] } = settings;
    if (settings.frontend === undefined && !settings.sites) {
      refuse("frontend", "expected the frontend of a site, or several sites in sites");
    }
    if (settings.frontend !== undefined && settings.sites) {
      refuse("sites", "says all of frontend: set it, or this");
    }
    const names = sites.map(({ frontend, port }) =>
      siteName({ frontend: frontend ?? "", port: port ?? settings.port }),
    );
    for (const twice of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
      refuse("sites", `${twice} is there twice; properties may name machines of several kinds`);
    }
    if (settings.api === "rest" && sites.some((each) => !each.rest && !settings.rest)) {
      refuse("rest", "api: rest needs rest.url and rest.shape");
    }
    if (settings.environment && !settings.types.includes("deploy")) {
      refuse("environment", 'an environment needs types: ["deploy"]');
    }
    if (settings.environment && settings.api === "rest") {
      refuse("environment", "is deployed by kadeploy3 on the frontend: use api: ssh");
    }
    const saysTheWay = [settings, ...sites].some((each) => each.jump || each.hostKey);
    if (settings.sshConfig && (saysTheWay || settings.key || settings.knownHosts)) {
      refuse("sshConfig", "says all of jump, key, hostKey and knownHosts: set it, or these");
    }
    if (settings.acceptAnyHostKey && [settings, ...sites].some((each) => each.hostKey)) {
      refuse("acceptAnyHostKey", "there is a hostKey already");
    }
    if (settings.sites && nodesOfSites(settings.sites) > MAX_NODES) {
      refuse("sites", `${nodesOfSites(settings.sites)} nodes in all, and ${MAX_NODES} are possible`);
    }
  });

const whole = (min: number) => z.number().int().min(min);

/** Number of nodes of all sites together. */
export function nodesOfSites(sites: readonly { nodes: number }[]): number {
  return sites.reduce((sum, { nodes }) => sum + nodes, 0);
}

/** An error where the stack is to have another number of nodes than its sites have together. */
export function nodesErrors(wanted: number, sites: readonly { nodes: number }[]): string[] {
  const there = nodesOfSites(sites);
  return there === wanted
    ? []
    : [`swarmbench:nodes: ${wanted} nodes are wanted, and testbed.sites has ${there}; leave nodes away`];
}

/** The settings of one site, as they go to the program that reserves, as JSON through standard input. */
export const oarSettings = z.object({
  frontend: z.string(),
  user: z.string(),
  port: whole(1),
  jump: z.string().optional(),
  key: z.string().optional(),
  knownHosts: z.string().optional(),
  hostKey: z.string().optional(),
  acceptAnyHostKey: z.boolean(),
  sshConfig: z.string().optional(),
  walltimeSec: z.number().positive(),
  queue: z.string().optional(),
  project: z.string().optional(),
  properties: z.string().optional(),
  jobName: z.string().optional(),
  types: z.array(z.string()),
  start: z.string().optional(),
  environment: z.string().optional(),
  api: z.enum(["ssh", "rest"]),
  rest: rest.optional(),
  timeoutSec: z.number().positive(),
});
export type OarSettings = z.output<typeof oarSettings>;

/** A site, and how many nodes it gives. */
export interface OarSite {
  /** Different for each site of a stack; empty where there is no `sites`. */
  name: string;
  settings: OarSettings;
  nodes: number;
}

function siteName({ frontend, port }: { frontend: string; port: number }): string {
  return port === 22 ? frontend : `${frontend}-${port}`;
}

/**
 * The sites of an `oar` testbed, complete, with the units in the names.
 *
 * @param count how many nodes the stack has
 */
export function fromSchema(
  { kind: _, sites, frontend, walltime, timeout, ...common }: z.output<typeof oarSchema>,
  count: number,
): [OarSite, ...OarSite[]] {
  const all = { ...common, walltimeSec: Math.round(walltime), timeoutSec: timeout };
  const given = sites ?? [{ frontend, nodes: count }];
  return given.map(({ nodes, ...own }) => {
    const settings = oarSettings.parse({ ...all, ...definedOnly(own) });
    return { name: sites ? siteName(settings) : "", settings, nodes };
  }) as [OarSite, ...OarSite[]];
}

type Parsed = z.output<typeof oarSchema>;

/** What the components need to reserve machines, and to reach them. */
export interface OarTestbedSettings extends Pick<Parsed, "kind" | "extend" | "dataNetwork"> {
  /** In the order of the nodes. */
  sites: [OarSite, ...OarSite[]];
  nodeUser: string;
  common: HostsSettings;
}

function settings(parsed: Parsed, { count }: { count: number }): OarTestbedSettings {
  const { kind, nodeUser, user, environment, extend, dataNetwork } = parsed;
  return {
    kind,
    sites: fromSchema(parsed, count),
    extend,
    common: hostsSettings(parsed, count),
    nodeUser: nodeUser ?? (environment ? "root" : user),
    ...definedOnly({ dataNetwork }),
  };
}

/** Machines that OAR reserves, such as at Grid'5000. */
export const oar = defineKind({
  kind: "oar",
  summary: "The nodes are reserved through OAR, such as at Grid'5000, and given back by `pulumi destroy`.",
  page: "docs/testbeds/grid5000.md",
  schema: oarSchema,
  defaultNodes: ({ sites }) => (sites ? nodesOfSites(sites) : DEFAULT_NODES),
  settings,
  nodes: ({ perNode }, _, count) => namedNodes(count, (name) => perNode[name] ?? {}),
  errors: (parsed, { sites }, count) => [
    ...perNodeErrors(parsed.perNode, count),
    ...minNodesErrors(parsed, count),
    ...nodesErrors(count, sites),
  ],
  network: bridgeNetwork,
});
