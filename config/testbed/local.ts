// `testbed` of a scenario whose nodes are containers of this machine.
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
  role,
  subnet,
} from "../nodes.ts";

/** Node addresses start here in their subnet; what is below is for the gateway and for the user. */
const FIRST_NODE_OFFSET = 10;

const port = wholeNumber(1024, 65535);
/** With less, dockerd and sshd alone are killed for want of memory. */
const nodeMemory = memorySize(256, "a node");

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

export const localSchema = z.strictObject({
  kind: z.literal("local"),
  subnet: subnet.optional(),
  sshPortBase: wholeNumber(1024, 65535 - SSH_PORTS_PER_STACK).optional(),
  cpus: cpuCount.optional(),
  memory: nodeMemory.optional(),
  network: network.optional(),
  perNode: z.record(nodeName, perNode).prefault({}),
});
export type ParsedLocal = z.output<typeof localSchema>;

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

export function localSettings(testbed: ParsedLocal, prefix: string, count: number): LocalSettings {
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

/** Of a link that is not shaped, which `{}` says for one node where the testbed's are, nothing. */
function linkSettings({ delay, rate, loss }: z.output<typeof network> = {}): LinkSettings | undefined {
  const link = definedOnly({ delayMs: delay, rate, loss: loss || undefined });
  return Object.keys(link).length > 0 ? link : undefined;
}

export function localMistakes({ subnet: network, nodes }: LocalSettings): string[] {
  const at = "swarmbench:testbed.perNode";
  const outside = nodes
    .filter((node) => !isHostIn(network, node.address))
    .map((node) => `${at}.${node.name}.address: ${node.address} is no host address of ${network}`);
  return [
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
