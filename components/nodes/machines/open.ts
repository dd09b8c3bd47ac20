import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { portsOnHost } from "../../../config/hostNetwork.ts";
import type { Settings } from "../../../config/settings.ts";
import type { HostsSettings } from "../../../config/testbed/machines.ts";
import { SwarmbenchError } from "../../../contract/errors.ts";
import { PROBE_PORTS } from "../../../contract/network.ts";
import { ask } from "../../../lib/exec.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Installation } from "../../lib/installation.ts";
import type { Owner } from "../../lib/ownership.ts";
import type { Host } from "./host.ts";
import { HostsTestbed, type UsableHost } from "./hosts.ts";
import { type Inspection, type InspectOptions, inspectAll } from "./inspect.ts";
import { refuseMovedNodes, saveHosts } from "./previousHosts.ts";
import { dataAddressOf, errorsOf, type Requirements, warningsOf } from "./report.ts";
import { ownerLine } from "./scripts.ts";
import { endpointOf, writeSshConfig } from "./sshConfig.ts";

/** The machines to use as a stack's nodes, before their inspection. */
export interface Candidates {
  hosts: Host[];
  common: HostsSettings;
  /** Resources that provide the machines, such as reservations. */
  after?: pulumi.Resource[];
  /** Whether OAR reserves the machines. Their assignment to nodes then changes between jobs. @default false */
  reserved?: boolean;
}

interface OpenHostsArgs {
  settings: Settings;
  installation: Installation;
  owner: Owner;
  /** Reads the same configuration without some nodes. Throws if it is invalid without them. */
  without: (names: string[]) => Settings;
}

/** The folder for a stack's ssh files. */
export function sshDirectory(installation: Pick<Installation, "directory">, prefix: string): string {
  return path.join(installation.directory, "ssh", prefix);
}

/** The usable machines, and the settings without the others. */
interface OpenedHosts {
  settings: Settings;
  usable: [UsableHost, ...UsableHost[]];
  declare(): HostsTestbed;
}

/**
 * Inspects the machines and reports every error, before anything is changed.
 *
 * @throws SwarmbenchError `testbed-failed` with every unusable machine, if too few are usable or the manager is not
 */
export async function openHosts(
  { hosts, common, after = [], reserved = false }: Candidates,
  { settings, installation, owner, without }: OpenHostsArgs,
): Promise<OpenedHosts> {
  const folder = sshDirectory(installation, settings.prefix);
  const real = hosts.filter(({ isPlaceholder }) => !isPlaceholder);
  const line = ownerLine(owner);
  const args = {
    owner: line,
    settings,
    common,
    reserved,
    newestApi: installation.newestApi,
    hasPortainer: Boolean(settings.services.portainer && installation.images.portainerAgent),
  };
  if (!reserved) await refuseMovedNodes(folder, real, line, inspectOptions(false, []));
  const endpoints = writeSshConfig(folder, real);
  const { usable, unusable } = await inspect(real, endpoints, args);
  const placeholders = hosts
    .filter((host) => host.isPlaceholder)
    .map((host) => placeholderHost(folder, host));
  const remaining = await leaveOut([...usable, ...placeholders], unusable, common, settings, without);
  if (!pulumi.runtime.isDryRun()) saveHosts(folder, remaining.usable);
  return {
    ...remaining,
    declare: () =>
      new HostsTestbed("testbed", {
        hosts: remaining.usable,
        settings: common,
        owner,
        ownerLine: line,
        after,
        registryPort: settings.swarm.registryPort,
        registryImage: installation.testbedImages.registry.tag.replace(/:[^:/]*$/, ""),
      }),
  };
}

function placeholderHost(folder: string, host: Host): UsableHost {
  return { host, ssh: endpointOf(folder, host), address: host.address };
}

function endpointFor({ node }: Host, endpoints: ReadonlyMap<string, SshEndpoint>): SshEndpoint {
  const ssh = endpoints.get(node.name);
  if (!ssh) throw new Error(`no SSH endpoint for ${node.name}`);
  return ssh;
}

/** A machine with its errors. */
interface UnusableHost {
  host: Host;
  errors: string[];
}

interface InspectArgs {
  owner: string;
  /** The newest API version that the Docker provider speaks, if it has such a limit. */
  newestApi: string | undefined;
  hasPortainer: boolean;
  settings: Settings;
  common: HostsSettings;
  reserved: boolean;
}

/** Architecture of the images, as `uname -m` prints it, by `process.arch` of this machine. */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

const inspectOptions = (reserved: boolean, firewallPorts: string[]): Omit<InspectOptions, "endpoints"> => ({
  ask,
  now: Date.now,
  sleep: (ms) => delay(ms),
  firewallPorts,
  maySudoG5k: reserved && !pulumi.runtime.isDryRun(), // a preview changes nothing
  progress: (text) => void pulumi.log.info(text),
});

async function inspect(
  hosts: readonly Host[],
  endpoints: ReadonlyMap<string, SshEndpoint>,
  { owner, settings, common, reserved, newestApi, hasPortainer }: InspectArgs,
): Promise<{ usable: UsableHost[]; unusable: UnusableHost[] }> {
  const { registryPort, addressPool } = settings.swarm;
  const options = { ...inspectOptions(reserved, portsBetween(settings)), endpoints };
  const inspections = await inspectAll(hosts, options);
  const usable: UsableHost[] = [];
  const unusable: UnusableHost[] = [];
  for (const { host, result, offset } of inspections) {
    if (result instanceof Error) {
      unusable.push({ host, errors: [result.message] });
      continue;
    }
    const isManager = host.node.name === settings.nodes[0].name;
    const requirements: Requirements = {
      owner,
      networks: [
        { name: "swarmbench:testbed.addressPool", network: common.addressPool },
        { name: "swarmbench:swarm.addressPool", network: addressPool },
      ],
      ports: isManager ? [2377, 7946, registryPort] : [7946],
      arch: ARCHITECTURES[process.arch] ?? process.arch,
      mtu: settings.swarm.mtu,
      engine: {
        // The provider connects to the manager alone.
        newestApi: isManager ? newestApi : undefined,
        defaultRoot: hasPortainer,
      },
    };
    const errors = errorsOf(host, result, requirements);
    const address = dataAddressOf(host, result);
    if (errors.length > 0 || address === undefined) unusable.push({ host, errors });
    else usable.push({ host, ssh: endpointFor(host, endpoints), address, report: result });
    for (const text of warningsOf(host, result, offset, requirements))
      await pulumi.log.warn(`${nameOf(host)}: ${text}`);
  }
  const duplicates = duplicateHostNames(inspections);
  return {
    usable: usable.filter(({ host }) => !duplicates.has(host.node.name)),
    unusable: [
      ...unusable,
      ...hosts.flatMap((host) => {
        const error = duplicates.get(host.node.name);
        return error ? [{ host, errors: [error] }] : [];
      }),
    ],
  };
}

/** Ports that must be open between the machines. */
function portsBetween({ swarm, clockSync, bench }: Settings): string[] {
  const clocks = {
    chrony: ["123/udp"],
    ptpd: ["319/udp", "320/udp"],
    linuxptp: ["319/udp", "320/udp"],
    none: [],
  };
  const probes = bench?.benchmark.network.enabled
    ? [`${PROBE_PORTS.echo}/udp`, `${PROBE_PORTS.iperf}/tcp`]
    : [];
  return [
    "2377/tcp",
    "7946/tcp",
    "7946/udp",
    `${swarm.dataPathPort}/udp`,
    `${swarm.registryPort}/tcp`,
    ...clocks[clockSync.kind],
    ...probes,
    ...(swarm.network === "host" && bench ? portsOnHost(bench) : []),
  ];
}

/**
 * Errors for machines with the host name of an earlier machine, by node name. They are either one machine with two addresses, or
 * machines whose results could not be distinguished.
 */
export function duplicateHostNames(inspections: readonly Inspection[]): Map<string, string> {
  const duplicates = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { host, result } of inspections) {
    if (result instanceof Error) continue;
    const first = names.get(result.hostname);
    if (first === undefined) names.set(result.hostname, host.node.name);
    else {
      duplicates.set(
        host.node.name,
        `has the same host name as ${first} (${result.hostname}): it is the same machine, or its host name must be changed`,
      );
    }
  }
  return duplicates;
}

const nameOf = ({ node, address }: Host) => `${node.name} (${address})`;

async function leaveOut(
  usable: UsableHost[],
  unusable: UnusableHost[],
  { minNodes }: HostsSettings,
  settings: Settings,
  without: OpenHostsArgs["without"],
): Promise<{ settings: Settings; usable: [UsableHost, ...UsableHost[]] }> {
  const [manager, ...workers] = usable;
  if (unusable.length === 0) {
    if (!manager) throw new SwarmbenchError("testbed-failed", "The testbed has no machines.");
    return { settings, usable: [manager, ...workers] };
  }
  const list = unusable
    .flatMap(({ host, errors }) => errors.map((error) => `  - ${nameOf(host)}: ${error}`))
    .join("\n");
  const isManagerUnusable = unusable.some(({ host }) => host.node.name === settings.nodes[0].name);
  if (!manager || isManagerUnusable || usable.length < minNodes) {
    const reason = isManagerUnusable
      ? `${settings.nodes[0].name} is the swarm's manager and cannot be left out`
      : `at least ${minNodes} are needed (swarmbench:testbed.minNodes)`;
    const total = unusable.length + usable.length;
    throw new SwarmbenchError(
      "testbed-failed",
      `${unusable.length} of ${total} machines cannot be used, and ${reason}; nothing was changed on them:\n${list}`,
    );
  }
  await pulumi.log.warn(`left out, because ${minNodes} machines are enough:\n${list}`);
  return { settings: without(unusable.map(({ host }) => host.node.name)), usable: [manager, ...workers] };
}
