// Options shared by the kinds of testbeds whose nodes are separate machines.
import { z } from "zod";
import { wholeNumber, yesOrNo } from "../../contract/units.ts";
import { MAX_NODES, nodeName, pool, role, subnet } from "../nodes.ts";

/** Schema of a name. It must not start with a dash, which programs would read as an option. */
export const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots, dashes or underscores");
/** Schema of a user of a login. Directories have names like `ann@corp`. */
export const loginName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
    "expected letters, digits, dots, dashes, underscores or @, at most 64",
  );
/** Schema of a text of one line, because it is written to line-based files. */
export const line = z
  .string()
  .min(1, "expected a text")
  .max(500, "expected at most 500 characters")
  .regex(/^[^\n\r\0]*$/, "expected one line");
/** Whether a text of the form "YYYY-MM-DD hh:mm:ss" is a time that exists; 30 February and 25:00:00 do not. */
export function isDateTime(text: string): boolean {
  const date = new Date(`${text.replace(" ", "T")}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19).replace("T", " ") === text;
}

/** Schema of a file's path. */
export const file = line.regex(/^[^"]*$/, "expected no quotation mark in a file's name");
/** Schema of an SSH host key. The comment that a line of a .pub file has is dropped. */
export const hostKey = z
  .string()
  .regex(
    /^(ssh-[a-z0-9-]+|ecdsa-[a-z0-9-]+) [A-Za-z0-9+/=]+( [^\r\n]*)?$/,
    "expected a public key such as ssh-ed25519 AAAA…",
  )
  .transform((key) => key.split(" ").slice(0, 2).join(" "))
  .meta({ valueType: "public key" });
/** Schema of a TCP port. */
export const port = wholeNumber(1, 65535);

/** Schema of a jump host: `user@host` or `user@host:port`. */
export const jump = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/, "expected user@host or user@host:port")
  .meta({ valueType: "`user@host` or `user@host:port`" });

const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "expected letters, digits, dots or dashes");
/** Schema of the labels of a swarm node. */
export const labels = z
  .record(label, label)
  .refine((all) => !("role" in all), "the label role is reserved; set the node's option role instead")
  .describe(
    "Labels of the swarm node, such as `rack: b`, in addition to those that the stack sets. Use them in placement constraints of your own services.",
  );

const ROLE =
  "What runs on the node. `broker`: Kafka; `agent`: producers and consumers; `monitor`: InfluxDB, Grafana and Portainer. Put brokers and agents on separate nodes, so that they do not slow each other down.";
/** Option `role` of a node. */
export const nodeRole = role
  .optional()
  .meta({ description: ROLE, whenAbsent: "`node1`: monitor; the others: broker and agent alternately" });

/** Options of SSH connections to machines. */
export const accessShape = {
  key: file.optional().meta({
    description: "File of the private key for the login. Add a key with a passphrase to the SSH agent first.",
    valueType: "file",
    whenAbsent: "ssh's own defaults, including the SSH agent",
  }),
  knownHosts: file.optional().meta({
    description: "File in which host keys are looked up.",
    valueType: "file",
    whenAbsent: "your own `known_hosts`",
  }),
  // Off by default, because another machine could answer the first connection.
  acceptNewHostKeys: yesOrNo
    .prefault(false)
    .describe(
      "Trust the host key of the first connection to a machine and remember it; a changed key is rejected later. For machines that are reinstalled each time.",
    ),
};

/** Option for the network between the nodes, as an address range. */
export const dataNetwork = subnet.optional().meta({
  description:
    "Network between the nodes for the swarm and the clocks. Each machine's address in this network is used. Set it if the machines have a second, faster network.",
  valueType: "network such as `10.0.0.0/24`",
  whenAbsent: "the address used for SSH, or the one of the default route",
});

/** Options for machines of every testbed. */
export const hostsShape = {
  addressPool: pool.prefault("10.177.0.0/16").meta({
    description:
      "Range for Docker's own bridge networks on machines where the stack installs Docker. Change it if the testbed uses this range.",
    valueType: "network such as `10.177.0.0/16`",
  }),
  cleanup: z
    .enum(["stack", "full"], "expected stack or full")
    .prefault("stack")
    .describe(
      "What `pulumi destroy` removes from a machine. `stack`: everything that the stack created there. `full`: also Docker, if the stack installed it.",
    ),
  minNodes: wholeNumber(1, MAX_NODES).optional().meta({
    description:
      "Minimum number of nodes: unusable machines are left out as long as this many remain. The first one, the manager, is always required.",
    whenAbsent: "all nodes are required",
  }),
};
/** The parsed {@link hostsShape}. */
export type ParsedHosts = z.output<z.ZodObject<typeof hostsShape>>;

/** Options of individual nodes, for testbeds that do not list their machines. */
export const perNodeShape = {
  perNode: z
    .record(nodeName, z.strictObject({ role: nodeRole, labels: labels.optional() }))
    .prefault({})
    .describe("Options of individual nodes by name: `node1`, `node2`, …"),
};

/** Settings for all machines of a testbed. */
export type HostsSettings = Omit<ParsedHosts, "minNodes"> & { minNodes: number };

/**
 * Returns the settings for all machines.
 *
 * @param count number of the stack's nodes, which is also the default of `minNodes`
 */
export function hostsSettings({ addressPool, cleanup, minNodes }: ParsedHosts, count: number): HostsSettings {
  return { addressPool, cleanup, minNodes: Math.min(minNodes ?? count, count) };
}

/** Returns an error if `minNodes` is above the number of nodes. */
export function minNodesErrors({ minNodes }: ParsedHosts, count: number): string[] {
  if (minNodes === undefined || minNodes <= count) return [];
  return [
    `swarmbench:testbed.minNodes: ${minNodes} is above the number of nodes, ${count}; lower it, or raise swarmbench:nodes`,
  ];
}

/** The range of Docker's bridge networks. */
export function bridgeNetwork({ common }: { common: HostsSettings }): { name: string; cidr: string } {
  return { name: "testbed.addressPool", cidr: common.addressPool };
}
