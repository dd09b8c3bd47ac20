// `testbed.kind: local`: containers on this machine.
import { z } from "zod";
import { bitRate, cpuCount, fraction, memorySize, shortDuration, wholeNumber } from "../../contract/units.ts";
import {
  addressIn,
  deriveSshPortBase,
  deriveSubnet,
  isHostIn,
  SSH_PORTS_PER_STACK,
} from "../../lib/addresses.ts";
import { defaultRole, type LinkSettings, type NodeSettings, nodeName, subnet } from "../nodes.ts";
import { DEFAULT_NODES, defineKind, perNodeErrors, type StackScope } from "./kind.ts";
import { nodeRole } from "./machines.ts";

/** Offset of the first node's address in the subnet; lower addresses are left to the gateway and to the user. */
const FIRST_NODE_OFFSET = 10;

const port = wholeNumber(1024, 65535);
// With less, dockerd and sshd alone run out of memory.
const nodeMemory = memorySize(256, "a node");

// The limits keep SSH and the transfer of images working over a shaped link.
const network = z.strictObject({
  delay: shortDuration(2000)
    .optional()
    .describe(
      "Delay of every packet that the node sends, at most 2 seconds. A round trip between two nodes grows by the sum of their delays. Needs netem in the kernel.",
    ),
  rate: bitRate(1e6, "a link")
    .optional()
    .describe(
      "Bandwidth for outgoing traffic, at least 1 Mbit/s. Bursts of 5 ms pass at once; packets that would wait longer than 50 ms are dropped. A rate on `node1` slows down the first `up`, because the other nodes pull images from there.",
    ),
  loss: fraction(0.5)
    .optional()
    .describe(
      "Share of outgoing packets that are dropped: 0.01 is one in a hundred. Needs netem in the kernel.",
    ),
});
const NETWORK =
  "Shaping of each node's link to the testbed's network, for outgoing traffic. `{}` means no shaping. Set it to compare the broker on networks of known quality.";

const cpus = cpuCount.optional();
const memory = nodeMemory.optional();

const perNode = z.strictObject({
  address: z.string().optional().meta({
    description: "The node's address on the testbed's network.",
    valueType: "IPv4 address",
    whenAbsent: "`node1`: the 10th address of the network; the others: the following ones",
  }),
  sshPort: port.optional().meta({
    description: "Port on 127.0.0.1 for the node's SSH.",
    whenAbsent: "`node1`: `sshPortBase`; the others: the following ones",
  }),
  cpus: cpus.meta({ description: "CPU limit of this node, in CPUs.", whenAbsent: "`testbed.cpus`" }),
  memory: memory.meta({ description: "Memory limit of this node.", whenAbsent: "`testbed.memory`" }),
  network: network.optional().meta({
    description: "Shaping of this node's link, instead of `testbed.network`. `{}` means no shaping.",
    valueType: "as `testbed.network`",
    whenAbsent: "`testbed.network`",
  }),
  role: nodeRole,
});

const schema = z.strictObject({
  kind: z.literal("local"),
  subnet: subnet.optional().meta({
    description: "The nodes' network. Set it if the derived one is in use or routed elsewhere.",
    valueType: "network such as `10.20.30.0/24`",
    whenAbsent: "a /24 network in 10.192.0.0/11, derived from user and stack",
  }),
  sshPortBase: wholeNumber(1024, 65535 - SSH_PORTS_PER_STACK)
    .optional()
    .meta({
      description: "First of the ports on 127.0.0.1 for the nodes' SSH, one per node.",
      whenAbsent: "derived from user and stack",
    }),
  cpus: cpus.describe(
    "CPU limit of each node in CPUs, such as 1.5. Set it so that nodes do not take CPU time from each other.",
  ),
  memory: memory.describe("Memory limit of each node, at least 256 MiB."),
  network: network.optional().describe(NETWORK),
  perNode: z
    .record(nodeName, perNode)
    .prefault({})
    .describe("Options of individual nodes by name: `node1`, `node2`, …"),
});
type Parsed = z.output<typeof schema>;

/** The settings of a node that is a container on this machine. */
export interface LocalNodeSettings extends NodeSettings {
  /** IPv4 address on the testbed's network. */
  address: string;
  /** Port on 127.0.0.1 that publishes the node's SSH. */
  sshPort: number;
}

/** Settings for the nodes of a `local` testbed. */
export interface LocalSettings {
  kind: "local";
  /** The nodes' network in CIDR notation. */
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
      cpus: own.cpus ?? testbed.cpus,
      memoryMiB: own.memory ?? testbed.memory,
      network: linkSettings(own.network ?? testbed.network),
    };
  };
  const others = Array.from({ length: count - 1 }, (_, index) => node(index + 1));
  return { kind: "local", subnet: network, nodes: [node(0), ...others] };
}

/** Returns a link's settings; undefined if it is not shaped. */
function linkSettings({ delay, rate, loss }: z.output<typeof network> = {}): LinkSettings | undefined {
  if (delay === undefined && rate === undefined && !loss) return undefined;
  return { delayMs: delay, rate, loss: loss || undefined };
}

function errors({ perNode }: Parsed, { subnet: network, nodes }: LocalSettings, count: number): string[] {
  const path = "swarmbench:testbed.perNode";
  const outside = nodes
    .filter(({ name, address }) => perNode[name]?.address !== undefined && !isHostIn(network, address))
    .map(
      (node) =>
        `${path}.${node.name}.address: ${node.address} is not a host address of ${network}; choose one between its gateway and its broadcast address`,
    );
  return [
    ...perNodeErrors(perNode, count),
    ...outside,
    ...sizeErrors(perNode, network, nodes),
    ...shared(nodes, "address").map(
      ([names, value]) => `${path}: ${names} have the same address, ${value}; give each its own`,
    ),
    ...shared(nodes, "sshPort").map(
      ([names, value]) => `${path}: ${names} have the same SSH port, ${value}; give each its own`,
    ),
  ];
}

/** Nodes without an address of their own follow each other from the tenth address on. */
function sizeErrors(
  perNode: Parsed["perNode"],
  network: string,
  nodes: readonly LocalNodeSettings[],
): string[] {
  const first = nodes.find(
    ({ name, address }) => perNode[name]?.address === undefined && !isHostIn(network, address),
  );
  if (!first) return [];
  return [
    `swarmbench:testbed.subnet: ${network} is too small: it has no address for ${first.name}, as nodes start at its 10th one; choose a /24 network, or lower swarmbench:nodes`,
  ];
}

/** The values of a field that several nodes share, with the names of these nodes. */
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

/** Containers on this machine that behave like machines. */
export const local = defineKind({
  kind: "local",
  summary: "The nodes are containers on this machine: for demos, development and CI.",
  page: "docs/testbeds/local.md",
  schema,
  defaultNodes: () => DEFAULT_NODES,
  settings,
  nodes: (_, { nodes }) => nodes,
  errors,
  network: ({ subnet: cidr }: LocalSettings) => ({ name: "the testbed's network", cidr }),
  mtu: 1_500, // of Docker's bridge networks
});
