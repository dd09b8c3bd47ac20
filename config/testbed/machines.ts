// Options that kinds of testbeds share whose nodes are machines of their own.
import { z } from "zod";
import { wholeNumber, yesOrNo } from "../../contract/units.ts";
import { MAX_NODES, nodeName, role, subnet } from "../nodes.ts";

// Programs would take a value that begins with a dash for an option.
export const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots, dashes or underscores");
// One line: it goes into files in which a line is a statement.
export const line = z
  .string()
  .min(1, "expected a text")
  .max(500, "expected at most 500 characters")
  .regex(/^[^\n\r\0]*$/, "expected one line");
export const file = line.regex(/^[^"]*$/, "expected no quotation mark in a file's name");
export const hostKey = z
  .string()
  .regex(
    /^(ssh-[a-z0-9-]+|ecdsa-[a-z0-9-]+) [A-Za-z0-9+/=]+$/,
    "expected a public key such as ssh-ed25519 AAAA…",
  )
  .meta({ valueType: "public key" });
export const port = wholeNumber(1, 65535);

/** `user@host` or `user@host:port`. */
export const jump = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/, "expected user@host or user@host:port")
  .meta({ valueType: "`user@host` or `user@host:port`" });

const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "expected letters, digits, dots or dashes");
export const labels = z
  .record(label, label)
  .refine((all) => !("role" in all), "the label role is ours; set the host's role instead")
  .describe(
    "Labels of the swarm's node, such as `rack: b`, beside those that the stack sets itself. Useful for placement constraints of your own services.",
  );

const ROLE =
  "What runs on the node: `broker` Kafka, `agent` the producers and consumers, `monitor` InfluxDB, Grafana and Portainer. Give brokers and agents separate nodes, so that neither slows the other.";
/** The role of one node. */
export const nodeRole = role
  .optional()
  .meta({ description: ROLE, whenAbsent: "`node1` monitor, then broker and agent in turn" });

/** Options of how machines are reached over SSH. */
export const accessShape = {
  key: file.optional().meta({
    description: "File of the private key that logs in. Load a key with a passphrase into the agent first.",
    valueType: "file",
    whenAbsent: "what ssh takes by itself, agent included",
  }),
  knownHosts: file.optional().meta({
    description: "File in which host keys are looked up.",
    valueType: "file",
    whenAbsent: "your own `known_hosts`",
  }),
  // Off unless the user asks: it is the one moment in which a foreign machine could answer.
  acceptNewHostKeys: yesOrNo
    .prefault(false)
    .describe(
      "Trust the host key of a machine's first answer and remember it; a key that changes later is refused. For machines that are reinstalled each time.",
    ),
};

/** Option that chooses the network between the nodes, as an address range. */
export const dataNetwork = subnet.optional().meta({
  description:
    "Network between the nodes that the swarm and the clocks use: each machine's address in this network is taken. Set it if the machines have a second, faster network.",
  valueType: "network such as `10.0.0.0/24`",
  whenAbsent: "the address that a machine is reached at, or that of its default route",
});

/** Options that hold for machines of every testbed. */
export const hostsShape = {
  addressPool: subnet.prefault("10.177.0.0/16").meta({
    description:
      "Range for Docker's own bridge networks, where the stack installs Docker. Change it if the testbed uses this range.",
    valueType: "network such as `10.177.0.0/16`",
  }),
  cleanup: z
    .enum(["stack", "full"], "expected stack or full")
    .prefault("stack")
    .describe(
      "What `pulumi destroy` removes from a machine. `stack`: what the stack created there. `full`: Docker too, if the stack installed it.",
    ),
  minNodes: wholeNumber(1, MAX_NODES).optional().meta({
    description:
      "Fewest nodes that the stack may have: machines that cannot be used are left out as long as this many remain. The first one, the manager, is always needed.",
    whenAbsent: "all nodes are needed",
  }),
};
export type ParsedHosts = z.output<z.ZodObject<typeof hostsShape>>;

/** Options of single nodes, where the testbed does not list its machines one by one. */
export const perNodeShape = {
  perNode: z
    .record(nodeName, z.strictObject({ role: nodeRole, labels: labels.optional() }))
    .prefault({})
    .describe("Options of single nodes, by their names: `node1`, `node2`, …"),
};

/** What holds for all machines of a testbed; `minNodes` is a number always. */
export type HostsSettings = Omit<ParsedHosts, "minNodes"> & { minNodes: number };

/** The same of a stack with so many nodes: without `minNodes`, all of them are needed. */
export function hostsSettings({ addressPool, cleanup, minNodes }: ParsedHosts, count: number): HostsSettings {
  return { addressPool, cleanup, minNodes: Math.min(minNodes ?? count, count) };
}

/** An error where more nodes are needed than the stack has. */
export function minNodesErrors({ minNodes }: ParsedHosts, count: number): string[] {
  if (minNodes === undefined || minNodes <= count) return [];
  return [`swarmbench:testbed.minNodes: ${minNodes} of ${count} nodes; lower it, or raise swarmbench:nodes`];
}

/** The network that Docker's bridges are cut from. */
export function bridgeNetwork({ common }: { common: HostsSettings }): { name: string; cidr: string } {
  return { name: "testbed.addressPool", cidr: common.addressPool };
}
