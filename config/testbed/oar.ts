// `testbed.kind: oar`: machines reserved through OAR.
import { z } from "zod";
import { longDuration, wholeNumber, wholeSeconds, within, yesOrNo } from "../../contract/units.ts";
import { MAX_NODES, withDefaults } from "../nodes.ts";
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
  isDateTime,
  jump,
  line,
  minNodesErrors,
  perNodeShape,
  port,
  word,
} from "./machines.ts";

/** Whether a URL contains no user and no password: URLs are printed in errors and stored in Pulumi's state. */
function hasNoPassword(address: string): boolean {
  if (!URL.canParse(address)) return true; // z.url reports it
  const { username, password } = new URL(address);
  return username === "" && password === "";
}

const rest = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "expected an address such as https://…" })
    .refine(hasNoPassword, "expected no user or password in the URL: put the password into passwordFile")
    .describe("The API's base URL, which ends with `oarapi`, or with `sites/SITE` at Grid'5000."),
  shape: z
    .enum(["oar", "grid5000"], "expected oar or grid5000")
    .describe("The API's format: OAR's own, or that of Grid'5000."),
  passwordFile: file.optional().meta({
    description: "File that contains only the user's password. Not needed from inside Grid'5000.",
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
    "Properties of the machines to reserve (`oarsub -p`), such as `cluster='gros'`. Reserve machines of one kind only, otherwise results mix different hardware.",
  whenAbsent: "any machines",
});

const site = z.strictObject({
  frontend: word.describe("Host name of the site's frontend for ssh."),
  nodes: wholeNumber(1, MAX_NODES).describe("Number of nodes to reserve at this site."),
  port: port.optional().meta({ description: "The frontend's SSH port.", whenAbsent: "`testbed.port`" }),
  jump: jump
    .optional()
    .meta({ description: "Jump host for connections to the frontend.", whenAbsent: "`testbed.jump`" }),
  hostKey: hostKey
    .optional()
    .meta({ description: "The frontend's only valid host key.", whenAbsent: "`testbed.hostKey`" }),
  queue: queue.meta({ description: "OAR's queue at this site.", whenAbsent: "`testbed.queue`" }),
  properties: properties.meta({
    description: "Properties of the machines to reserve at this site.",
    whenAbsent: "`testbed.properties`",
  }),
  rest: rest.optional().meta({
    description: "The site's REST API.",
    valueType: "as `testbed.rest`",
    whenAbsent: "`testbed.rest`",
  }),
});

/** Upper limit of walltimes and waiting times. */
const MAX_WAIT = { most: [365 * 86_400, "365 days"] } as const;

/** The configuration key `testbed` of kind `oar`. */
export const oarSchema = z
  .strictObject({
    kind: z.literal("oar"),
    frontend: word.optional().meta({
      description: "Host name of the site's frontend for ssh, such as `nancy.g5k`.",
      whenAbsent: "required, unless `sites` is set",
    }),
    sites: z
      .array(site)
      .min(1, "expected at least one site")
      .optional()
      .describe(
        "Several sites, each with its own OAR, instead of `frontend` and the stack's `nodes`. All their nodes form one swarm. `node1` is the first node of the first site. Options that a site does not set default to those of the testbed.",
      ),
    user: word.describe("User of the login to the frontend, who owns the reservation."),
    port: port.prefault(22).describe("The frontend's SSH port."),
    jump: jump.optional().describe("Jump host for connections to the frontend."),
    key: accessShape.key,
    knownHosts: accessShape.knownHosts,
    hostKey: hostKey.optional().meta({
      description: "The frontend's only valid host key, instead of those in files.",
      whenAbsent: "looked up in `knownHosts`",
    }),
    acceptAnyHostKey: yesOrNo
      .prefault(false)
      .describe("Accept any host key of the frontend. Unsafe: use it only for test installations of OAR."),
    sshConfig: file.optional().meta({
      description:
        "An ssh configuration file, such as `~/.ssh/config`, used instead of `jump`, `key`, `knownHosts` and `hostKey`.",
      valueType: "file",
    }),
    walltime: wholeSeconds(within(longDuration, MAX_WAIT)).meta({
      description:
        "Duration of the reservation. It must cover the installation of `environment`, the deployment of the stack and the whole benchmark.",
      valueType: "such as `2 hours`; in seconds, minutes, hours or days",
    }),
    extend: yesOrNo
      .prefault(false)
      .describe(
        "Extend the job (`oarwalltime`) if the planned run no longer fits. Otherwise a warning reports the missing time, and the run stops before the first step that might not end in time.",
      ),
    timeout: wholeSeconds(within(longDuration, MAX_WAIT))
      .prefault("30 minutes")
      .describe(
        "How long a job may wait for its machines before it is deleted. With `start`, it must be long enough to include the start.",
      ),
    start: z
      .string()
      .regex(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
        'expected "YYYY-MM-DD hh:mm:ss", in the frontend\'s time, such as "2027-03-25 19:00:00"',
      )
      .refine(isDateTime, "there is no such date or time; correct it")
      .optional()
      .meta({
        description:
          "Start of the job in the frontend's local time, such as `2027-03-25 19:00:00`. For reservations that are too large for daytime.",
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
        description:
          "How the job's name begins (`oarsub -n`). A hash of stack, machine and checkout follows, so that no other checkout takes the job for its own.",
        whenAbsent: "the stack's name",
      }),
    environment: word.optional().meta({
      description:
        "System that `kadeploy3` installs on the machines, such as `debian12-min`. Root can log in with the keys in your `authorized_keys` on the frontend. Needs `types: [deploy]` and `api: ssh`.",
      whenAbsent: "the testbed's standard system",
    }),
    nodeUser: word.optional().meta({
      description: "User of the login to the nodes: root, or a user with passwordless sudo.",
      whenAbsent: "`root` if `environment` is set, otherwise `user`",
    }),
    api: z
      .enum(["ssh", "rest"], "expected ssh or rest")
      .prefault("ssh")
      .describe("How to use OAR: by its commands on the frontend over SSH, or by its REST API."),
    rest: rest.optional().describe("The REST API, if `api` is `rest`."),
    dataNetwork,
    ...hostsShape,
    ...perNodeShape,
  })
  .superRefine((settings, context) => {
    const addError = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const { sites = [settings] } = settings;
    if (settings.frontend === undefined && !settings.sites) {
      addError("frontend", "expected the frontend of a site, or several sites in sites");
    }
    if (settings.frontend !== undefined && settings.sites) {
      addError("sites", "cannot be combined with frontend");
    }
    const names = sites.map(({ frontend, port }) =>
      siteName({ frontend: frontend ?? "", port: port ?? settings.port }),
    );
    for (const duplicate of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
      addError("sites", `${duplicate} is listed twice; use properties to select machines of several kinds`);
    }
    if (settings.api === "rest" && sites.some((each) => !each.rest && !settings.rest)) {
      addError("rest", "api: rest needs rest.url and rest.shape");
    }
    if (settings.environment && !settings.types.includes("deploy")) {
      addError("environment", 'an environment needs types: ["deploy"]');
    }
    if (settings.environment && settings.api === "rest") {
      addError("environment", "needs api: ssh, because kadeploy3 runs on the frontend");
    }
    const setsConnection = [settings, ...sites].some((each) => each.jump || each.hostKey);
    if (settings.sshConfig && (setsConnection || settings.key || settings.knownHosts)) {
      addError("sshConfig", "cannot be combined with jump, key, hostKey or knownHosts");
    }
    if (settings.acceptAnyHostKey && [settings, ...sites].some((each) => each.hostKey)) {
      addError("acceptAnyHostKey", "cannot be combined with hostKey");
    }
    if (settings.sites && nodesOfSites(settings.sites) > MAX_NODES) {
      addError("sites", `expected at most ${MAX_NODES} nodes in all, got ${nodesOfSites(settings.sites)}`);
    }
  });

const whole = (min: number) => z.number().int().min(min);

/** Returns the total number of nodes of all sites. */
export function nodesOfSites(sites: readonly { nodes: number }[]): number {
  return sites.reduce((sum, { nodes }) => sum + nodes, 0);
}

/** Returns an error if `nodes` differs from the total number of nodes of all sites. */
export function nodesErrors(count: number, sites: readonly { nodes: number }[]): string[] {
  const total = nodesOfSites(sites);
  if (total === count) return [];
  return [`swarmbench:nodes: ${count} nodes requested, but testbed.sites has ${total}; leave nodes out`];
}

/** Schema of one site's settings, which the reserving program reads as JSON from standard input. */
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
/** The settings of one site, with units in their names. */
export type OarSettings = z.output<typeof oarSettings>;

/** An OAR site and its number of nodes. */
export interface OarSite {
  /** Unique within the stack; empty if `sites` is not set. */
  name: string;
  settings: OarSettings;
  nodes: number;
}

function siteName({ frontend, port }: { frontend: string; port: number }): string {
  return port === 22 ? frontend : `${frontend}-${port}`;
}

/**
 * Returns the sites of an `oar` testbed, with the testbed's options filled in and units in the names.
 *
 * @param count number of the stack's nodes
 */
export function fromSchema(
  { kind: _, sites, frontend, walltime, timeout, ...common }: z.output<typeof oarSchema>,
  count: number,
): [OarSite, ...OarSite[]] {
  const defaults = { ...common, walltimeSec: Math.round(walltime), timeoutSec: timeout };
  const all = sites ?? [{ frontend, nodes: count }];
  return all.map(({ nodes, ...options }) => {
    const settings = oarSettings.parse(withDefaults(options, defaults));
    return { name: sites ? siteName(settings) : "", settings, nodes };
  }) as [OarSite, ...OarSite[]];
}

type Parsed = z.output<typeof oarSchema>;

/** Settings for the reservation of machines and the connections to them. */
export interface OarTestbedSettings extends Pick<Parsed, "kind" | "extend" | "dataNetwork"> {
  /** The sites, in the order of the nodes. */
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
    dataNetwork,
  };
}

/** Machines reserved through OAR, such as at Grid'5000. */
export const oar = defineKind({
  kind: "oar",
  summary: "The nodes are reserved through OAR, as at Grid'5000, and released by `pulumi destroy`.",
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
