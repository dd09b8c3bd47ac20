// `testbed.kind: ssh`: existing machines.
import { z } from "zod";
import { MAX_NODES, withDefaults } from "../nodes.ts";
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
  loginName,
  minNodesErrors,
  nodeRole,
  port,
} from "./machines.ts";

const address = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+)$/, "expected a host's name or address");

const host = z
  .preprocess(
    (value) => (typeof value === "string" ? { address: value } : value),
    z.strictObject({
      address: address.describe("The machine's host name or IP address for ssh."),
      user: loginName
        .optional()
        .meta({ description: "User of the login to this machine.", whenAbsent: "`testbed.user`" }),
      port: port.optional().meta({ description: "The machine's SSH port.", whenAbsent: "`testbed.port`" }),
      key: file.optional().meta({
        description: "File of the private key for this machine.",
        valueType: "file",
        whenAbsent: "`testbed.key`",
      }),
      jump: jump.optional().meta({
        description: "Jump host for connections to this machine.",
        whenAbsent: "`testbed.jump`",
      }),
      hostKey: hostKey.optional().meta({
        description: "The machine's only valid host key, instead of those in files.",
        whenAbsent: "looked up in `knownHosts`",
      }),
      dataAddress: z.ipv4("expected an IPv4 address").optional().meta({
        description:
          "The machine's address on the network between the nodes. Set it if `dataNetwork` does not determine it.",
        valueType: "IPv4 address",
        whenAbsent: "determined by `dataNetwork`",
      }),
      labels: labels.optional(),
      role: nodeRole,
    }),
  )
  .meta({ textForm: "a host name or address" });

const schema = z
  .strictObject({
    kind: z.literal("ssh"),
    hosts: z
      .array(host, "expected a list of hosts")
      .min(1, "expected at least one host")
      .max(MAX_NODES, `expected at most ${MAX_NODES} hosts`)
      .describe(
        "The machines, in the order of the nodes: the first one is `node1`, the manager. Add and remove machines at the end of the list.",
      ),
    user: loginName.optional().meta({
      description: "User of the login to hosts that set no user: root, or a user with passwordless sudo.",
      whenAbsent: "`root`, or as in `sshConfig`",
    }),
    port: port.optional().meta({
      description: "SSH port of hosts that set none.",
      whenAbsent: "22, or as in `sshConfig`",
    }),
    jump: jump.optional().describe("Jump host for connections to all machines."),
    ...accessShape,
    sshConfig: file.optional().meta({
      description:
        "An ssh configuration file, such as `~/.ssh/config`, used instead of `jump`, `key` and the options for host keys. Set it if you need more than one jump host.",
      valueType: "file",
    }),
    dataNetwork,
    ...hostsShape,
  })
  .superRefine((settings, context) => {
    const addError = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (settings.sshConfig && (settings.jump || settings.key || settings.knownHosts)) {
      addError(["sshConfig"], "cannot be combined with jump, key or knownHosts");
    }
    if (settings.sshConfig && settings.acceptNewHostKeys) {
      addError(["acceptNewHostKeys"], "set StrictHostKeyChecking accept-new in sshConfig instead");
    }
    for (const [index, { hostKey, key, jump, address }] of settings.sshConfig
      ? settings.hosts.entries()
      : []) {
      if (address.includes(":")) {
        addError(
          ["hosts", index, "address"],
          `${address} is an IPv6 address; give it a name in sshConfig (Host, HostName), and list that name here`,
        );
      }
      if (hostKey || key || jump) {
        addError(["hosts", index], "set its key, jump and hostKey in sshConfig instead");
      }
    }
    const seen = new Map<string, number>();
    for (const [index, { address, port }] of settings.hosts.entries()) {
      const name = `${address}:${port ?? settings.port ?? 22}`;
      const first = seen.get(name);
      if (first !== undefined) {
        addError(
          ["hosts", index, "address"],
          `${name} is already node${first + 1}; list each machine once, and remove this entry`,
        );
      } else seen.set(name, index);
    }
  });

type Parsed = z.output<typeof schema>;

/** A machine with the options for all hosts filled in. User and port are undefined if they are in an ssh configuration file. */
export type SshHost = Omit<Parsed["hosts"][number], "labels" | "role">;

/** Settings for the connections to the machines. */
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
    key,
    knownHosts,
    sshConfig,
    dataNetwork,
    common: hostsSettings(parsed, count),
  };
}

function hostsOf({ user, port, key, jump, sshConfig, hosts }: Parsed, count: number): SshHost[] {
  const login = sshConfig ? { user, port } : { user: user ?? "root", port: port ?? 22 };
  return hosts
    .slice(0, count)
    .map(({ labels: _, role: __, ...host }) => withDefaults(host, { ...login, key, jump }));
}

function errors(parsed: Parsed, _: SshSettings, count: number): string[] {
  const errors = minNodesErrors(parsed, count);
  if (count > parsed.hosts.length) {
    errors.push(
      `swarmbench:nodes: ${count} nodes requested, but testbed.hosts has ${parsed.hosts.length}; lower it, or add hosts`,
    );
  }
  return errors;
}

/** Machines with SSH that the configuration lists. */
export const ssh = defineKind({
  kind: "ssh",
  summary: "The nodes are existing machines with SSH and root access.",
  page: "docs/testbeds/ssh.md",
  schema,
  defaultNodes: ({ hosts }) => hosts.length,
  settings,
  nodes: ({ hosts }, _, count) => namedNodes(count, (__, index) => hosts[index] ?? {}),
  errors,
  network: bridgeNetwork,
});
