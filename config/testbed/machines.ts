// `testbed` of a scenario whose nodes are machines that are there already, or that somebody else gives.
import { z } from "zod";
import { wholeNumber, yesOrNo } from "../../contract/units.ts";
import { MAX_NODES, nodeName, role, subnet } from "../nodes.ts";

/** It stands where a program would take what begins with a dash for an option. */
export const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots, dashes or underscores");
/** One line: it goes into files in which a line is a statement. */
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
  );
export const port = wholeNumber(1, 65535);

/** `user@host` or `user@host:port`. */
export const jump = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/, "expected user@host or user@host:port");

const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "expected letters, digits, dots or dashes");
const labels = z
  .record(label, label)
  .refine((all) => !("role" in all), "the label role is ours; set the host's role instead");

/** How machines are reached, where their maker does not say it. */
export const accessShape = {
  key: file.optional(),
  /** Where host keys are looked up; the user's own file where absent. */
  knownHosts: file.optional(),
  /** Must be asked for: who answers first is trusted, and is remembered. */
  acceptNewHostKeys: yesOrNo.prefault(false),
};

/** What holds for machines whoever gives them. */
export const hostsShape = {
  /** For Docker's own bridges, where Docker is installed by us. */
  addressPool: subnet.prefault("10.177.0.0/16"),
  cleanup: z.enum(["stack", "full"], "expected stack or full").prefault("stack"),
  minNodes: wholeNumber(1, MAX_NODES).optional(),
};
export type ParsedHosts = z.output<z.ZodObject<typeof hostsShape>>;

/** Where the machines are not listed one by one. */
export const perNodeShape = {
  perNode: z
    .record(nodeName, z.strictObject({ role: role.optional(), labels: labels.optional() }))
    .prefault({}),
};

export const hostAddress = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+)$/, "expected a host's name or address");

const host = z.preprocess(
  (value) => (typeof value === "string" ? { address: value } : value),
  z.strictObject({
    address: hostAddress,
    user: word.optional(),
    port: port.optional(),
    key: file.optional(),
    jump: jump.optional(),
    /** The machine's only host key; with it no file is asked. */
    hostKey: hostKey.optional(),
    dataAddress: z.ipv4("expected an IPv4 address").optional(),
    labels: labels.optional(),
    role: role.optional(),
  }),
);

export const sshSchema = z
  .strictObject({
    kind: z.literal("ssh"),
    /** Of hosts that name none; root and 22 where neither these nor sshConfig say it. */
    user: word.optional(),
    port: port.optional(),
    jump: jump.optional(),
    ...accessShape,
    /** An ssh configuration that is used instead of all of these, such as ~/.ssh/config. */
    sshConfig: file.optional(),
    dataNetwork: subnet.optional(),
    ...hostsShape,
    hosts: z
      .array(host, "expected a list of hosts")
      .min(1, "expected at least one host")
      .max(MAX_NODES, `expected at most ${MAX_NODES} hosts`),
  })
  .superRefine((settings, context) => {
    const mistake = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (settings.sshConfig && (settings.jump || settings.key || settings.knownHosts)) {
      mistake(["sshConfig"], "says all of jump, key and knownHosts: set it, or these");
    }
    if (settings.sshConfig && settings.acceptNewHostKeys) {
      mistake(["acceptNewHostKeys"], "is for sshConfig to say (StrictHostKeyChecking accept-new)");
    }
    for (const [index, host] of settings.sshConfig ? settings.hosts.entries() : []) {
      if (host.hostKey || host.key || host.jump) {
        mistake(["hosts", index], "its key, jump and hostKey are for sshConfig to say");
      }
    }
    const seen = new Map<string, number>();
    for (const [index, { address, port: own }] of settings.hosts.entries()) {
      const name = `${address}:${own ?? settings.port ?? 22}`;
      const first = seen.get(name);
      if (first !== undefined) {
        mistake(["hosts", index, "address"], `${name} is node${first + 1} already`);
      } else seen.set(name, index);
    }
  });

export const rspecSchema = z.strictObject({
  kind: z.literal("rspec"),
  manifests: z.array(file, "expected a list of files").min(1, "expected at least one manifest"),
  user: line.optional(),
  /** A link's name, or `control`. */
  dataNetwork: line.optional(),
  ...accessShape,
  ...hostsShape,
  ...perNodeShape,
});

/** What holds for machines, whoever gives them. */
export interface HostsSettings {
  addressPool: string;
  /** What destroy takes off a machine: what the stack made there, or Docker too where it came with us. */
  cleanup: "stack" | "full";
  /** How many must be left where some are bad. */
  minNodes: number;
}

export function hostsSettings({ addressPool, cleanup, minNodes }: ParsedHosts, nodes: number): HostsSettings {
  return { addressPool, cleanup, minNodes: Math.min(minNodes ?? nodes, nodes) };
}
