import { z } from "zod";
import { longDuration, wholeNumber, yesOrNo } from "../../contract/units.ts";
import { definedOnly, MAX_NODES, subnet } from "../nodes.ts";
import { file, hostKey, hostsShape, jump, perNodeShape, line as text, word } from "./machines.ts";

const rest = z.strictObject({
  /** Up to and with `oarapi`, or `sites/SITE` at Grid'5000. */
  url: z.url({ protocol: /^https?$/, error: "expected an address such as https://…" }),
  shape: z.enum(["oar", "grid5000"], "expected oar or grid5000"),
  /** The user's password, alone in a file; from inside Grid'5000 none is needed. */
  passwordFile: file.optional(),
});

/** One of several sites, each with an OAR of its own. What it does not say holds as it is said for all. */
const site = z.strictObject({
  frontend: word,
  nodes: wholeNumber(1, MAX_NODES),
  port: wholeNumber(1, 65535).optional(),
  jump: jump.optional(),
  hostKey: hostKey.optional(),
  queue: word.optional(),
  properties: text.optional(),
  rest: rest.optional(),
});

/** `testbed` of a scenario whose nodes OAR gives. */
export const oarSchema = z
  .strictObject({
    kind: z.literal("oar"),
    frontend: word.optional(),
    /** Instead of it; node1 is the first of the first site. */
    sites: z.array(site).min(1, "expected one site at least").optional(),
    user: word,
    port: wholeNumber(1, 65535).prefault(22),
    jump: jump.optional(),
    key: file.optional(),
    /** Where host keys are looked up; the user's own file where absent. */
    knownHosts: file.optional(),
    /** The frontend's only host key; with it no file is asked. */
    hostKey: hostKey.optional(),
    /** Must be asked for: whoever answers is taken for the frontend. */
    acceptAnyHostKey: yesOrNo.prefault(false),
    /** An ssh configuration that is used instead of jump, key and host keys, such as ~/.ssh/config. */
    sshConfig: file.optional(),
    walltime: longDuration,
    queue: word.optional(),
    properties: text.optional(),
    jobName: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$/, "expected at most 80 letters, digits, dots or dashes")
      .optional(),
    types: z.array(text).prefault([]),
    start: z
      .string()
      .regex(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
        'expected "YYYY-MM-DD hh:mm:ss", in the frontend\'s time, such as "2027-03-25 19:00:00"',
      )
      .optional(),
    environment: word.optional(),
    api: z.enum(["ssh", "rest"], "expected ssh or rest").prefault("ssh"),
    rest: rest.optional(),
    timeout: longDuration.prefault("30 minutes"),
    /** Who logs in to the nodes; root where an environment is deployed, else the same as at the frontend. */
    nodeUser: word.optional(),
    /** Whether jobs may be lengthened where a run does not fit any more. */
    extend: yesOrNo.prefault(false),
    dataNetwork: subnet.optional(),
    ...hostsShape,
    ...perNodeShape,
  })
  .superRefine((settings, context) => {
    const mistake = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const { sites = [settings] } = settings;
    if (settings.frontend === undefined && !settings.sites) {
      mistake("frontend", "expected the frontend of a site, or several sites in sites");
    }
    if (settings.frontend !== undefined && settings.sites) {
      mistake("sites", "says all of frontend: set it, or this");
    }
    const names = sites.map(({ frontend, port }) =>
      siteName({ frontend: frontend ?? "", port: port ?? settings.port }),
    );
    for (const twice of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
      mistake("sites", `${twice} is there twice; properties may name machines of several kinds`);
    }
    if (settings.api === "rest" && sites.some((each) => !each.rest && !settings.rest)) {
      mistake("rest", "api: rest needs rest.url and rest.shape");
    }
    if (settings.environment && !settings.types.includes("deploy")) {
      mistake("environment", 'an environment needs types: ["deploy"]');
    }
    if (settings.environment && settings.api === "rest") {
      mistake("environment", "is deployed by kadeploy3 on the frontend: use api: ssh");
    }
    const saysTheWay = [settings, ...sites].some((each) => each.jump || each.hostKey);
    if (settings.sshConfig && (saysTheWay || settings.key || settings.knownHosts)) {
      mistake("sshConfig", "says all of jump, key, hostKey and knownHosts: set it, or these");
    }
    if (settings.acceptAnyHostKey && [settings, ...sites].some((each) => each.hostKey)) {
      mistake("acceptAnyHostKey", "there is a hostKey already");
    }
    if (settings.sites && nodesOfSites(settings.sites) > MAX_NODES) {
      mistake("sites", `${nodesOfSites(settings.sites)} nodes in all, and ${MAX_NODES} are possible`);
    }
  });

const whole = (min: number) => z.number().int().min(min);

/** How many nodes sites have in all. */
export function nodesOfSites(sites: readonly { nodes: number }[]): number {
  return sites.reduce((sum, { nodes }) => sum + nodes, 0);
}

/** What is wrong where a stack is to have another number of nodes than its sites in all. */
export function nodesMistakes(wanted: number, sites: readonly { nodes: number }[]): string[] {
  const there = nodesOfSites(sites);
  return there === wanted
    ? []
    : [`swarmbench:nodes: ${wanted} nodes are wanted, and testbed.sites has ${there}; leave nodes away`];
}

/** The same, parsed, as it goes to our own program through standard input. */
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

/** Nodes that one OAR gives. */
export interface OarSite {
  /** Tells the sites of a stack apart; empty where there is no `sites`. */
  name: string;
  settings: OarSettings;
  nodes: number;
}

function siteName({ frontend, port }: { frontend: string; port: number }): string {
  return port === 22 ? frontend : `${frontend}-${port}`;
}

/** The units are in the names from here on. @param count how many nodes the stack has */
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
