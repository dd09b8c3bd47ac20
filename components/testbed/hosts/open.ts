import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { Installation } from "../../installation";
import { ask } from "../../lib/exec";
import type { Owner } from "../../lib/ownership";
import type { SshEndpoint } from "../../lib/ssh";
import type { Settings } from "../../settings";
import type { Host } from "./host";
import { type GoodHost, HostsTestbed } from "./hosts";
import { type Looked, lookAtAll } from "./look";
import { dataAddressOf, obstacles, remarks, type Wanted } from "./report";
import { ownerLine } from "./scripts";
import type { HostsSettings } from "./settings";
import { writeSshConfig } from "./sshConfig";

/** Machines that are to be a stack's nodes, before they were looked at. */
export interface Candidates {
  hosts: Host[];
  common: HostsSettings;
  /** What gives them, and takes them back. */
  after?: pulumi.Resource[];
  /** They are OAR's, at Grid'5000 maybe. */
  maySudoG5k?: boolean;
  /** There are no machines yet, and none can be looked at: a preview of what will be reserved. */
  imagined?: boolean;
}

export interface OpenHostsArgs {
  settings: Settings;
  installation: Installation;
  owner: Owner;
  /** The same configuration, but without some nodes; says what is wrong without them. */
  without: (names: string[]) => Settings;
}

/** Where the ways to a stack's machines are written down. */
export function sshDirectory(installation: Pick<Installation, "directory">, prefix: string): string {
  return path.join(installation.directory, "ssh", prefix);
}

/** What is left of the settings, once machines that are no good are left out, and who they are. */
export interface OpenedHosts {
  settings: Settings;
  good: [GoodHost, ...GoodHost[]];
  declare(): HostsTestbed;
}

/**
 * Looks at the machines and says all that is wrong with them, before anything is changed.
 *
 * @throws pulumi.RunError with every machine that is no good, where the stack cannot do without
 */
export async function openHosts(
  { hosts, common, after = [], imagined = false, maySudoG5k = false }: Candidates,
  { settings, installation, owner, without }: OpenHostsArgs,
): Promise<OpenedHosts> {
  const endpoints = writeSshConfig(sshDirectory(installation, settings.prefix), hosts);
  const line = ownerLine(owner);
  const { good, bad } = imagined
    ? { good: hosts.map((host) => imaginedHost(host, endpoints)), bad: [] }
    : await inspect(hosts, endpoints, {
        ...{ owner: line, settings, common },
        maySudoG5k: maySudoG5k && !pulumi.runtime.isDryRun(), // a preview changes nothing
      });
  const left = await leaveOut(good, bad, common, settings, without);
  return {
    ...left,
    declare: () =>
      new HostsTestbed("testbed", {
        ...{ hosts: left.good, settings: common, owner, ownerLine: line, after },
        registryPort: settings.swarm.registryPort,
        registryImage: installation.images.registry.tag.replace(/:[^:/]*$/, ""),
      }),
  };
}

function imaginedHost(host: Host, endpoints: ReadonlyMap<string, SshEndpoint>): GoodHost {
  return { host, ssh: endpointFor(host, endpoints), address: host.dataAddress ?? host.address };
}

function endpointFor({ node }: Host, endpoints: ReadonlyMap<string, SshEndpoint>): SshEndpoint {
  const ssh = endpoints.get(node.name);
  if (!ssh) throw new Error(`no way to ${node.name}`);
  return ssh;
}

/** A machine, and all that stands in the way. */
interface BadHost {
  host: Host;
  why: string[];
}

interface InspectArgs {
  owner: string;
  settings: Settings;
  common: HostsSettings;
  maySudoG5k: boolean;
}

async function inspect(
  hosts: readonly Host[],
  endpoints: ReadonlyMap<string, SshEndpoint>,
  { owner, settings, common, maySudoG5k }: InspectArgs,
): Promise<{ good: GoodHost[]; bad: BadHost[] }> {
  const { registryPort, addressPool } = settings.swarm;
  const looked = await lookAtAll(hosts, {
    ...{ ask, endpoints, now: Date.now, sleep: (ms: number) => delay(ms) },
    maySudoG5k,
    firewallPorts: ["2377/tcp", "7946/tcp", "7946/udp", "4789/udp", `${registryPort}/tcp`],
    progress: (text) => void pulumi.log.info(text),
  });
  const good: GoodHost[] = [];
  const bad: BadHost[] = [];
  for (const { host, found, offset } of looked) {
    if (found instanceof Error) {
      bad.push({ host, why: [found.message] });
      continue;
    }
    const isManager = host.node.name === settings.nodes[0].name;
    const wanted: Wanted = {
      owner,
      networks: [
        { name: "swarmbench:testbed.addressPool", network: common.addressPool },
        { name: "swarmbench:swarm.addressPool", network: addressPool },
      ],
      ports: isManager ? [2377, 7946, registryPort] : [7946],
    };
    const why = obstacles(host, found, wanted);
    const address = dataAddressOf(host, found);
    if (why.length > 0 || address === undefined) bad.push({ host, why });
    else good.push({ host, ssh: endpointFor(host, endpoints), address, report: found });
    for (const remark of remarks(found, offset)) await pulumi.log.warn(`${nameOf(host)}: ${remark}`);
  }
  const twins = sameMachines(looked);
  return {
    good: good.filter(({ host }) => !twins.has(host.node.name)),
    bad: [...bad, ...[...twins].map(([name, why]) => ({ host: named(hosts, name), why: [why] }))],
  };
}

function named(hosts: readonly Host[], name: string): Host {
  const host = hosts.find(({ node }) => node.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
}

/** One machine by two addresses, and two machines of one name, which a swarm's figures could not tell apart. */
export function sameMachines(looked: readonly Looked[]): Map<string, string> {
  const twins = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { host, found } of looked) {
    if (found instanceof Error) continue;
    const first = names.get(found.hostname);
    if (first === undefined) names.set(found.hostname, host.node.name);
    else {
      twins.set(
        host.node.name,
        `has the host name ${found.hostname}, as ${first} has: the same machine, or give it another name`,
      );
    }
  }
  return twins;
}

const nameOf = ({ node, address }: Host) => `${node.name} (${address})`;

async function leaveOut(
  good: GoodHost[],
  bad: BadHost[],
  { minNodes }: HostsSettings,
  settings: Settings,
  without: OpenHostsArgs["without"],
): Promise<{ settings: Settings; good: [GoodHost, ...GoodHost[]] }> {
  const list = bad.flatMap(({ host, why }) => why.map((each) => `  - ${nameOf(host)}: ${each}`)).join("\n");
  const [manager, ...workers] = good;
  if (bad.length > 0) {
    const managerIsBad = bad.some(({ host }) => host.node.name === settings.nodes[0].name);
    if (!manager || managerIsBad || good.length < minNodes) {
      const why = managerIsBad
        ? `${settings.nodes[0].name} manages the swarm, and cannot be left out`
        : `at least ${minNodes} are needed (swarmbench:testbed.minNodes)`;
      throw new pulumi.RunError(
        `${bad.length} of ${bad.length + good.length} machines cannot be used, and ${why}; nothing was changed on them:\n${list}`,
      );
    }
    await pulumi.log.warn(`left out, since ${minNodes} machines are enough:\n${list}`);
    return { settings: without(bad.map(({ host }) => host.node.name)), good: [manager, ...workers] };
  }
  if (!manager) throw new pulumi.RunError("there is no machine");
  return { settings, good: [manager, ...workers] };
}

/** What was kept of an earlier run; undefined where there is nothing of that kind. */
export function readKept<T>(file: string, parse: (document: unknown) => T | undefined): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // half written: it is made anew
  }
}
