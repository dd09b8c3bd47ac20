// `testbed.kind: ssh`: machines that are there already.
import { z } from "zod";
import { definedOnly, MAX_NODES } from "../nodes.ts";
import { defineKind, namedNodes } from "./kind.ts";
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
  labels,
  minNodesErrors,
  nodeRole,
  port,
  word,
} from "./machines.ts";

const address = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+)$/, "expected a host's name or address");

const host = z
  .preprocess(
    (value) => (typeof value === "string" ? { address: value } : value),
    z.strictObject({
      address: address.describe("The machine's name or IP address, as ssh takes it."),
      user: word
        .optional()
        .meta({ description: "Who logs in to this machine.", whenAbsent: "`testbed.user`" }),
      port: port.optional().meta({ description: "The machine's SSH port.", whenAbsent: "`testbed.port`" }),
      key: file.optional().meta({
        description: "File of the private key for this machine.",
        valueType: "file",
        whenAbsent: "`testbed.key`",
      }),
      jump: jump.optional().meta({
        description: "Host through which this machine is reached.",
        whenAbsent: "`testbed.jump`",
      }),
      hostKey: hostKey.optional().meta({
        description: "The machine's only valid host key; no file is looked up then.",
        whenAbsent: "looked up in `knownHosts`",
      }),
      dataAddress: z.ipv4("expected an IPv4 address").optional().meta({
        description:
          "The machine's address on the network between the nodes, if `dataNetwork` does not determine it.",
        valueType: "IPv4 address",
        whenAbsent: "found by `dataNetwork`",
      }),
      labels: labels.optional(),
      role: nodeRole,
    }),
  )
  .meta({ textForm: "a host's name or address" });

const schema = z
  .strictObject({
    kind: z.literal("ssh"),
    hosts: z
      .array(host, "expected a list of hosts")
      .min(1, "expected at least one host")
      .max(MAX_NODES, `expected at most ${MAX_NODES} hosts`)
      .describe(
        "The machines, in the order of the nodes: the first is `node1`, the manager. Add machines at the end, and remove them there.",
      ),
    user: word.optional().meta({
      description: "Who logs in to hosts that name no user: root, or a user who has sudo without a password.",
      whenAbsent: "`root`, unless `sshConfig` says it",
    }),
    port: port.optional().meta({
      description: "SSH port of hosts that name none.",
      whenAbsent: "22, unless `sshConfig` says it",
    }),
    jump: jump.optional().describe("Host through which all machines are reached."),
    ...accessShape,
    sshConfig: file.optional().meta({
      description:
        "An ssh configuration, such as `~/.ssh/config`, used instead of `jump`, `key` and the options of host keys. Set it if one jump host is not enough.",
      valueType: "file",
    }),
    dataNetwork,
    ...hostsShape,
  })
  .superRefine((settings, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (settings.sshConfig && (settings.jump || settings.key || settings.knownHosts)) {
      refuse(["sshConfig"], "says all of jump, key and knownHosts: set it, or these");
    }
    if (settings.sshConfig && settings.acceptNewHostKeys) {
      refuse(["acceptNewHostKeys"], "is for sshConfig to say (StrictHostKeyChecking accept-new)");
    }
    for (const [index, { hostKey, key, jump }] of settings.sshConfig ? settings.hosts.entries() : []) {
      if (hostKey || key || jump) {
        refuse(["hosts", index], "its key, jump and hostKey are for sshConfig to say");
      }
    }
    const seen = new Map<string, number>();
    for (const [index, { address, port }] of settings.hosts.entries()) {
      const name = `${address}:${port ?? settings.port ?? 22}`;
      const first = seen.get(name);
      if (first !== undefined) {
        refuse(["hosts", index, "address"], `${name} is node${first + 1} already`);
      } else seen.set(name, index);
    }
  });

type Parsed = z.output<typeof schema>;

/** A machine as the configuration names it, with what holds for all filled in. User and port are absent where a file of ssh says them. */
export type SshHost = Omit<Parsed["hosts"][number], "labels" | "role">;

/** What the components need to reach the machines. */
export type SshSettings = Omit<Parsed, keyof typeof hostsShape | "hosts" | "user" | "port" | "jump"> & {
  hosts: SshHost[];
  common: HostsSettings;
};

function settings(parsed: Parsed, { count }: { count: number }): SshSettings {
  const { kind, acceptNewHostKeys, key, knownHosts, sshConfig, dataNetwork } = parsed;
  return {
    kind,
    hosts: hostsOf(parsed, count),
    acceptNewHostKeys,
    ...definedOnly({ key, knownHosts, sshConfig, dataNetwork }),
    common: hostsSettings(parsed, count),
  };
}

function hostsOf({ user, port, key, jump, sshConfig, hosts }: Parsed, count: number): SshHost[] {
  const login = sshConfig ? { user, port } : { user: user ?? "root", port: port ?? 22 };
  return hosts.slice(0, count).map(({ labels: _, role: __, ...host }) => ({
    ...definedOnly(login),
    ...definedOnly({ key, jump }),
    ...definedOnly(host),
  }));
}

function errors(parsed: Parsed, _: SshSettings, count: number): string[] {
  const few =
    count > parsed.hosts.length
      ? [`swarmbench:nodes: ${count} nodes are wanted, and testbed.hosts has ${parsed.hosts.length}`]
      : [];
  return [...minNodesErrors(parsed, count), ...few];
}

/** Machines with SSH that the configuration lists. */
export const ssh = defineKind({
  kind: "ssh",
  summary: "The nodes are any machines with SSH and root.",
  page: "docs/testbeds/ssh.md",
  schema,
  defaultNodes: ({ hosts }) => hosts.length,
  settings,
  nodes: ({ hosts }, _, count) => namedNodes(count, (__, index) => hosts[index] ?? {}),
  errors,
  network: bridgeNetwork,
});
