// `testbed` of a scenario: where its nodes come from.
import { z } from "zod";
import { defaultRole, definedOnly, type NodeSettings } from "../nodes.ts";
import { type LocalSettings, localMistakes, localSchema, localSettings } from "./local.ts";
import { type HostsSettings, hostsSettings, rspecSchema, sshSchema } from "./machines.ts";
import { fromSchema, nodesMistakes, nodesOfSites, type OarSite, oarSchema } from "./oar.ts";

export const KINDS = ["local", "ssh", "oar", "rspec"] as const;

export const testbedSchema = z.discriminatedUnion("kind", [localSchema, sshSchema, oarSchema, rspecSchema], {
  error: `expected one of ${KINDS.join(", ")}`,
});
export type ParsedTestbed = z.output<typeof testbedSchema>;

/** How machines are reached of which only name and login are known. */
export interface AccessSettings {
  key?: string;
  knownHosts?: string;
  acceptNewHostKeys: boolean;
}

/** A machine as the scenario names it; what of it holds for all is filled in. */
export interface SshHost {
  address: string;
  /** These two are absent where a file of ssh says them. */
  user?: string;
  port?: number;
  key?: string;
  jump?: string;
  hostKey?: string;
  dataAddress?: string;
}

export interface SshSettings extends AccessSettings {
  kind: "ssh";
  hosts: SshHost[];
  sshConfig?: string;
  dataNetwork?: string;
  common: HostsSettings;
}

export interface OarTestbedSettings {
  kind: "oar";
  /** In the order of the nodes. */
  sites: [OarSite, ...OarSite[]];
  nodeUser: string;
  extend: boolean;
  dataNetwork?: string;
  common: HostsSettings;
}

export interface RspecSettings extends AccessSettings {
  kind: "rspec";
  manifests: string[];
  user?: string;
  dataNetwork?: string;
  common: HostsSettings;
}

export type TestbedSettings = LocalSettings | SshSettings | OarTestbedSettings | RspecSettings;

/** How many nodes there are where the scenario does not say it. */
export function defaultNodes(testbed: ParsedTestbed | undefined): number {
  if (testbed?.kind === "ssh") return testbed.hosts.length;
  const sites = testbed?.kind === "oar" ? testbed.sites : undefined;
  return sites ? nodesOfSites(sites) : 3;
}

export function testbedSettings(parsed: ParsedTestbed, prefix: string, count: number): TestbedSettings {
  switch (parsed.kind) {
    case "local":
      return localSettings(parsed, prefix, count);
    case "ssh":
      return sshSettings(parsed, count);
    case "oar": {
      const { nodeUser, user, environment, extend, dataNetwork } = parsed;
      return {
        kind: "oar",
        sites: fromSchema(parsed, count),
        extend,
        common: hostsSettings(parsed, count),
        nodeUser: nodeUser ?? (environment ? "root" : user),
        ...definedOnly({ dataNetwork }),
      };
    }
    case "rspec": {
      const { manifests, user, dataNetwork, key, knownHosts, acceptNewHostKeys } = parsed;
      return {
        kind: "rspec",
        manifests,
        acceptNewHostKeys,
        common: hostsSettings(parsed, count),
        ...definedOnly({ user, dataNetwork, key, knownHosts }),
      };
    }
  }
}

function sshSettings(parsed: z.output<typeof sshSchema>, count: number): SshSettings {
  const { user, port, key, jump, knownHosts, acceptNewHostKeys, sshConfig, dataNetwork } = parsed;
  return {
    kind: "ssh",
    hosts: parsed.hosts.slice(0, count).map(({ labels: _, role: __, ...host }) => ({
      ...(sshConfig ? definedOnly({ user, port }) : { user: user ?? "root", port: port ?? 22 }),
      ...definedOnly({ key, jump }),
      ...(definedOnly(host) as typeof host & { address: string }),
    })) as SshHost[],
    acceptNewHostKeys,
    ...definedOnly({ key, knownHosts, sshConfig, dataNetwork }),
    common: hostsSettings(parsed, count),
  };
}

/** The nodes, with what the scenario says of each. */
export function nodesOf(parsed: ParsedTestbed, testbed: TestbedSettings, count: number): NodeSettings[] {
  if (testbed.kind === "local") return testbed.nodes;
  return Array.from({ length: count }, (_, index) => {
    const name = `node${index + 1}`;
    const own =
      parsed.kind === "ssh"
        ? parsed.hosts[index]
        : parsed.kind === "local"
          ? undefined
          : parsed.perNode[name];
    return { name, role: own?.role ?? defaultRole(index), ...definedOnly({ labels: own?.labels }) };
  });
}

/** What is wrong beyond the form of each setting. */
export function testbedMistakes(parsed: ParsedTestbed, testbed: TestbedSettings, count: number): string[] {
  const at = "swarmbench:testbed";
  const names = Array.from({ length: count }, (_, index) => `node${index + 1}`);
  const unknown = Object.keys("perNode" in parsed ? parsed.perNode : {})
    .filter((name) => !names.includes(name))
    .map((name) => `${at}.perNode.${name}: there is no such node; swarmbench:nodes is ${count}`);
  if (testbed.kind === "local") return [...unknown, ...localMistakes(testbed)];
  const { minNodes } = parsed as Exclude<ParsedTestbed, { kind: "local" }>;
  return [
    ...unknown,
    ...(minNodes !== undefined && minNodes > count
      ? [`${at}.minNodes: ${minNodes} of ${count} nodes; lower it, or raise swarmbench:nodes`]
      : []),
    ...(testbed.kind === "oar" ? nodesMistakes(count, testbed.sites) : []),
    ...(parsed.kind === "ssh" && count > parsed.hosts.length
      ? [`swarmbench:nodes: ${count} nodes are wanted, and testbed.hosts has ${parsed.hosts.length}`]
      : []),
  ];
}
