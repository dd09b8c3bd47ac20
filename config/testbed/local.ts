// `testbed.kind: local`: containers of this machine.
import { z } from "zod";
import { bitRate, cpuCount, fraction, memorySize, shortDuration, wholeNumber } from "../../contract/units.ts";
import {
  addressIn,
  deriveSshPortBase,
  deriveSubnet,
  isHostIn,
  SSH_PORTS_PER_STACK,
} from "../../lib/addresses.ts";
import {
  defaultRole,
  definedOnly,
  type LinkSettings,
  type NodeSettings,
  nodeName,
  subnet,
} from "../nodes.ts";
import { DEFAULT_NODES, defineKind, perNodeErrors, type StackScope } from "./kind.ts";
import { nodeRole } from "./machines.ts";

/** The first node's address in its subnet; the addresses below are for the gateway and for the user. */
const FIRST_NODE_OFFSET = 10;

const port = wholeNumber(1024, 65535);
// With less, dockerd and sshd alone run out of memory.
const nodeMemory = memorySize(256, "a node");

// SSH must still answer, and images arrive, over a link that is shaped: hence the limits.
const network = z.strictObject({
  delay: shortDuration(2000)
    .optional()
    .describe(
      "Delay of everything that the node sends, at most 2 seconds. It applies once per direction: a round trip between two nodes grows by the delays of both. Needs netem in the kernel.",
    ),
  rate: bitRate(1e6, "a link")
    .optional()
    .describe(
      "Bandwidth of what the node sends, 1 Mbit/s or more. Bursts of 5 ms pass at once; packets that would wait longer than 50 ms are dropped. A rate on `node1` slows the first `up`, since images come from there.",
    ),
  loss: fraction(0.5)
    .optional()
    .describe("Share of the sent packets that is lost: 0.01 is one of a hundred. Needs netem in the kernel."),
});
const NETWORK =
  "How each node's link to the testbed's network is shaped, for everything that the node sends; `{}` does not shape it. Set it to compare the broker on networks of known quality.";

const cpus = cpuCount.optional();
const memory = nodeMemory.optional();

const perNode = z.strictObject({
  address: z.string().optional().meta({
    description: "The node's address on the testbed's network.",
    valueType: "IPv4 address",
    whenAbsent: "the 10th address of the network for `node1`, the next ones for the others",
  }),
  sshPort: port.optional().meta({
    description: "Port on 127.0.0.1 that leads to the node's SSH.",
    whenAbsent: "`sshPortBase` for `node1`, the next ones for the others",
  }),
  cpus: cpus.meta({ description: "CPU limit of this node, in CPUs.", whenAbsent: "`testbed.cpus`" }),
  memory: memory.meta({ description: "Memory limit of this node.", whenAbsent: "`testbed.memory`" }),
  network: network.optional().meta({
    description: "How this node's link is shaped, instead of `testbed.network`; `{}` leaves it free.",
    valueType: "as `testbed.network`",
    whenAbsent: "`testbed.network`",
  }),
  role: nodeRole,
});

const schema = z.strictObject({
  kind: z.literal("local"),
  subnet: subnet.optional().meta({
    description: "The nodes' network. Set it where the derived one is taken or routed elsewhere.",
    valueType: "network such as `10.20.30.0/24`",
    whenAbsent: "a /24 in 10.192.0.0/11, derived from user and stack",
  }),
  sshPortBase: wholeNumber(1024, 65535 - SSH_PORTS_PER_STACK)
    .optional()
    .meta({
      description: "First of the ports on 127.0.0.1 that lead to the nodes' SSH, one a node.",
      whenAbsent: "derived from user and stack",
    }),
  cpus: cpus.describe(
    "CPU limit of each node, in CPUs such as 1.5. Set it so that nodes do not take each other's CPU time.",
  ),
  memory: memory.describe("Memory limit of each node, 256 MiB or more."),
  network: network.optional().describe(NETWORK),
  perNode: z
    .record(nodeName, perNode)
    .prefault({})
    .describe("Options of single nodes, by their names: `node1`, `node2`, …"),
});
type Parsed = z.output<typeof schema>;

export interface LocalNodeSettings extends NodeSettings {
  /** IPv4 address on the testbed's network. */
  address: string;
  /** Loopback port of this machine on which the node's SSH is published. */
  sshPort: number;
}

export interface LocalSettings {
  kind: "local";
  /** The nodes' network, CIDR. */
  subnet: string;
  nodes: [LocalNodeSettings, ...LocalNodeSettings[]];
}

function settings(testbed: Parsed, { prefix, count }: StackScope): LocalSettings {
  const network = testbed.subnet ?? deriveSubnet(prefix);
  const portBase = testbed.sshPortBase ?? deriveSshPortBase(prefix);
  const node = (index: number): LocalNodeSettings => {
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
  };
  const others = Array.from({ length: count - 1 }, (_, index) => node(index + 1));
  return { kind: "local", subnet: network, nodes: [node(0), ...others] };
}

/** A link's settings; undefined where it is not shaped, as `{}` asks for one node. */
function linkSettings({ delay, rate, loss }: z.output<typeof network> = {}): LinkSettings | undefined {
  const link = definedOnly({ delayMs: delay, rate, loss: loss || undefined });
  return Object.keys(link).length > 0 ? link : undefined;
}

function errors({ perNode }: Parsed, { subnet: network, nodes }: LocalSettings, count: number): string[] {
  const at = "swarmbench:testbed.perNode";
  const outside = nodes
    .filter((node) => !isHostIn(network, node.address))
    .map((node) => `${at}.${node.name}.address: ${node.address} is no host address of ${network}`);
  return [
    ...perNodeErrors(perNode, count),
    ...outside,
    ...shared(nodes, "address").map(([names, value]) => `${at}: ${names} have one address, ${value}`),
    ...shared(nodes, "sshPort").map(([names, value]) => `${at}: ${names} have one SSH port, ${value}`),
  ];
}

function shared(
  nodes: readonly LocalNodeSettings[],
  key: "address" | "sshPort",
): [names: string, value: string][] {
  const groups = new Map<string | number, LocalNodeSettings[]>();
  for (const node of nodes) groups.set(node[key], [...(groups.get(node[key]) ?? []), node]);
  return [...groups]
    .filter(([, members]) => members.length > 1)
    .map(([value, members]) => [members.map((node) => node.name).join(" and "), String(value)]);
}

/** Containers of this machine that behave like machines. */
export const local = defineKind({
  kind: "local",
  summary: "The nodes are containers of this machine: to try the program, to develop it, and for CI.",
  page: "docs/testbeds/local.md",
  schema,
  defaultNodes: () => DEFAULT_NODES,
  settings,
  nodes: (_, { nodes }) => nodes,
  errors,
  network: ({ subnet: cidr }: LocalSettings) => ({ name: "the testbed's network", cidr }),
});
