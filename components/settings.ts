import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  bitRate,
  cpuCount,
  duration,
  fraction,
  memorySize,
  shortDuration,
  wholeNumber,
} from "../contract/units";
import {
  type BenchSettings,
  benchDefaults,
  benchMistakes,
  benchSchema,
  benchSettings,
} from "./benchSettings";
import { type ClockSettings, clockDefaults, clockSchema, clockSettings } from "./clockSettings";
import {
  addressIn,
  deriveSshPortBase,
  deriveSubnet,
  isHostIn,
  isSubnet,
  overlaps,
  SSH_PORTS_PER_STACK,
  SWARM_PORTS,
} from "./lib/addresses";
import { stackPrefix, userName } from "./lib/stackName";
import { partMistakes } from "./partMistakes";
import { type PartSettings, partDefaults, partSchema, partSettings } from "./partSettings";

/** What a node is mainly for; services are placed by it. `monitor` is what watches and stores, not what is measured. */
export const ROLES = ["broker", "agent", "monitor"] as const;
export type Role = (typeof ROLES)[number];

/** The most nodes a stack may have; a local one's SSH ports are a block of {@link SSH_PORTS_PER_STACK}. */
export const MAX_NODES = 50;
/** Node addresses start here in their subnet; what is below is for the gateway and for the user. */
const FIRST_NODE_OFFSET = 10;

const role = z.enum(ROLES, `expected one of ${ROLES.join(", ")}`);
const port = wholeNumber(1024, 65535);
/** With less, dockerd and sshd alone are killed for want of memory. */
const nodeMemory = memorySize(256, "a node");
const subnet = z
  .string()
  .refine(isSubnet, { error: (issue) => `expected a network such as 10.20.30.0/24, got "${issue.input}"` });

const nodeName = z.string().regex(/^node[1-9]\d*$/, "nodes are named node1, node2, …");

/** SSH must still answer and images arrive over a link that is shaped. */
const network = z.strictObject({
  delay: shortDuration(2000).optional(),
  rate: bitRate(1e6, "a link").optional(),
  loss: fraction(0.5).optional(),
});

const perNode = z.strictObject({
  address: z.string().optional(),
  sshPort: port.optional(),
  cpus: cpuCount.optional(),
  memory: nodeMemory.optional(),
  network: network.optional(),
  role: role.optional(),
});

const schema = {
  nodes: wholeNumber(1, MAX_NODES),
  namespace: z
    .string()
    .regex(/^[a-z0-9]{1,20}$/, "expected 1 to 20 lower-case letters or digits")
    .or(z.literal("")),
  testbed: z.strictObject({
    kind: z.literal("local", 'expected "local", the one kind of testbed there is yet'),
    subnet: subnet.optional(),
    sshPortBase: wholeNumber(1024, 65535 - SSH_PORTS_PER_STACK).optional(),
    cpus: cpuCount.optional(),
    memory: nodeMemory.optional(),
    network: network.optional(),
    perNode: z.record(nodeName, perNode).prefault({}),
  }),
  swarm: z.strictObject({
    addressPool: subnet.prefault("10.176.0.0/16"),
    drainTimeout: duration.prefault("60 seconds"),
    registryPort: port
      .refine((value) => !SWARM_PORTS.includes(value), "the swarm itself listens on this port")
      .prefault(5000),
  }),
  ...clockSchema,
  ...partSchema,
  ...benchSchema,
};
type Key = keyof typeof schema;
type Parsed = { [K in Key]: z.output<(typeof schema)[K]> };

const defaults: Record<Key, unknown> = {
  nodes: 3,
  namespace: "",
  testbed: { kind: "local" },
  swarm: {},
  ...clockDefaults,
  ...partDefaults,
  ...benchDefaults,
};

/** What a node's link to the testbed's network does to what the node sends; at least one of them. */
export interface LinkSettings {
  /** How much later everything arrives. */
  delayMs?: number;
  /** Bits per second that it carries. */
  rate?: number;
  /** Share of the packets that is lost. */
  loss?: number;
}

/** One node as it is wanted, every default filled in. */
export interface NodeSettings {
  /** Its name in the swarm and its host name: node1 is the manager. */
  name: string;
  role: Role;
  /** IPv4 address on the testbed's network. */
  address: string;
  /** Loopback port of this machine on which the node's SSH is published. */
  sshPort: number;
  /** CPU limit, in CPUs; none where absent. */
  cpus?: number;
  /** Memory limit in MiB; none where absent. */
  memoryMiB?: number;
  /** How its link is shaped; not at all where absent. */
  network?: LinkSettings;
}

/** The stack's configuration, checked and complete. */
export interface Settings {
  stack: string;
  /** Begins the name of everything that this stack creates on a shared machine. */
  prefix: string;
  /** The local testbed's network, CIDR. */
  subnet: string;
  nodes: [NodeSettings, ...NodeSettings[]];
  swarm: {
    addressPool: string;
    drainTimeoutSec: number;
    registryPort: number;
  };
  clockSync: ClockSettings;
  parts: PartSettings;
  /** Absent where there is no Kafka to put load on. */
  bench?: BenchSettings;
}

/** Raised with every mistake of a configuration at once; `mistakes` are lines of `path: what is wrong`. */
export class SettingsError extends Error {
  constructor(
    stackName: string,
    readonly mistakes: string[],
  ) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    super(
      `The configuration of stack ${stackName} has ${count}; nothing was changed:\n` +
        mistakes.map((line) => `  - ${line}`).join("\n"),
    );
  }
}

/**
 * Parses a stack's configuration.
 *
 * @param raw the values of the `swarmbench:` namespace, by key, as Pulumi stores them (objects as JSON text)
 * @param user who runs this; the namespace where the configuration names none
 * @throws SettingsError with every mistake that can be found
 */
export function parseSettings(raw: Record<string, string>, stack: string, user: string): Settings {
  const mistakes: string[] = [];
  const parsed = parseKeys(raw, mistakes);
  const prefix = stackPrefix(parsed.namespace ?? "", user, stack);
  const network = parsed.testbed?.subnet ?? deriveSubnet(prefix);
  const { testbed, swarm } = parsed;
  const nodes = testbed && parsed.nodes ? nodeSettings(prefix, network, testbed, parsed.nodes) : [];
  if (testbed && parsed.nodes) mistakes.push(...nodeMistakes(network, testbed, nodes, parsed.nodes));
  if (swarm && overlaps(network, swarm.addressPool)) {
    mistakes.push(
      `swarmbench:swarm.addressPool: ${swarm.addressPool} overlaps the testbed's network ${network}`,
    );
  }
  mistakes.push(...partMistakes(parsed, nodes, swarm?.registryPort), ...benchMistakes(parsed, nodes));
  const [manager, ...workers] = nodes;
  if (mistakes.length > 0 || !manager || !isComplete(parsed)) throw new SettingsError(stack, mistakes);
  const { drainTimeout, ...rest } = parsed.swarm;
  return {
    stack,
    prefix,
    subnet: network,
    nodes: [manager, ...workers],
    swarm: { ...rest, drainTimeoutSec: drainTimeout },
    clockSync: clockSettings(parsed.clockSync),
    parts: partSettings(parsed),
    ...(parsed.kafka.enabled ? { bench: benchSettings(parsed) } : {}),
  };
}

function isComplete(parsed: Partial<Parsed>): parsed is Parsed {
  return Object.keys(schema).every((key) => Object.hasOwn(parsed, key));
}

/**
 * The configuration of the stack that runs now.
 *
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, with every mistake
 */
export function readSettings(): Settings {
  const raw: Record<string, string> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [project, name] = key.split(":", 2);
    if (project === pulumi.getProject() && name) raw[name] = value;
  }
  try {
    return parseSettings(raw, pulumi.getStack(), userName());
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

function parseKeys(raw: Record<string, string>, mistakes: string[]): Partial<Parsed> {
  for (const key of Object.keys(raw).filter((name) => !Object.hasOwn(schema, name))) {
    mistakes.push(`swarmbench:${key}: no such setting; there are ${Object.keys(schema).join(", ")}`);
  }
  const parsed: Partial<Record<Key, unknown>> = {};
  for (const key of Object.keys(schema) as Key[]) {
    const text = raw[key];
    const result = schema[key].safeParse(text === undefined ? defaults[key] : fromJson(text));
    if (result.success) parsed[key] = result.data;
    else mistakes.push(...result.error.issues.map((issue) => describe(`swarmbench:${key}`, issue)));
  }
  return parsed as Partial<Parsed>;
}

function fromJson(text: string): unknown {
  if (!/^[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describe(root: string, issue: z.core.$ZodIssue): string {
  const path = [root, ...issue.path].join(".");
  if (issue.code === "unrecognized_keys") {
    return `${path}: no such setting: ${issue.keys.join(", ")}`;
  }
  if (issue.code === "invalid_key") return `${path}: ${issue.issues[0]?.message ?? issue.message}`;
  return `${path}: ${issue.message}`;
}

function nodeSettings(
  prefix: string,
  network: string,
  testbed: Parsed["testbed"],
  count: number,
): NodeSettings[] {
  const portBase = testbed.sshPortBase ?? deriveSshPortBase(prefix);
  return Array.from({ length: count }, (_, index) => {
    const name = `node${index + 1}`;
    const own = testbed.perNode[name] ?? {};
    return {
      name,
      role: own.role ?? defaultRole(index),
      address: own.address ?? addressIn(network, FIRST_NODE_OFFSET + index),
      sshPort: own.sshPort ?? portBase + index,
      ...definedOnly({
        cpus: own.cpus ?? testbed.cpus,
        memoryMiB: own.memory ?? testbed.memory,
        network: linkSettings(own.network ?? testbed.network),
      }),
    };
  });
}

/** Of a link that is not shaped, which `{}` says for one node where the testbed's are, nothing. */
function linkSettings({ delay, rate, loss }: z.output<typeof network> = {}): LinkSettings | undefined {
  const link = definedOnly({ delayMs: delay, rate, loss: loss || undefined });
  return Object.keys(link).length > 0 ? link : undefined;
}

/** The manager watches; of the others, every second one carries brokers, so that load and broker grow together. */
function defaultRole(index: number): Role {
  if (index === 0) return "monitor";
  return index % 2 === 1 ? "broker" : "agent";
}

function nodeMistakes(
  network: string,
  testbed: Parsed["testbed"],
  nodes: NodeSettings[],
  count: number,
): string[] {
  const at = "swarmbench:testbed.perNode";
  const unknown = Object.keys(testbed.perNode)
    .filter((name) => !nodes.some((node) => node.name === name))
    .map((name) => `${at}.${name}: there is no such node; swarmbench:nodes is ${count}`);
  const outside = nodes
    .filter((node) => !isHostIn(network, node.address))
    .map((node) => `${at}.${node.name}.address: ${node.address} is no host address of ${network}`);
  return [
    ...unknown,
    ...outside,
    ...shared(nodes, "address").map(([names, value]) => `${at}: ${names} have one address, ${value}`),
    ...shared(nodes, "sshPort").map(([names, value]) => `${at}: ${names} have one SSH port, ${value}`),
  ];
}

function shared(nodes: NodeSettings[], key: "address" | "sshPort"): [names: string, value: string][] {
  const groups = new Map<string | number, NodeSettings[]>();
  for (const node of nodes) groups.set(node[key], [...(groups.get(node[key]) ?? []), node]);
  return [...groups]
    .filter(([, members]) => members.length > 1)
    .map(([value, members]) => [members.map((node) => node.name).join(" and "), String(value)]);
}

/** Without the keys whose value is undefined, as `exactOptionalPropertyTypes` asks. */
function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}
