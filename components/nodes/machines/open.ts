import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../../config/settings.ts";
import type { HostsSettings } from "../../../config/testbed/machines.ts";
import { PROBE_PORTS } from "../../../contract/network.ts";
import { ask } from "../../../lib/exec.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Installation } from "../../lib/installation.ts";
import type { Owner } from "../../lib/ownership.ts";
import { asRunError } from "../../lib/runError.ts";
import { noteMachines, refuseSuccessors } from "./former.ts";
import type { Host } from "./host.ts";
import { type GoodHost, HostsTestbed } from "./hosts.ts";
import { type Inspection, type InspectOptions, inspectAll } from "./inspect.ts";
import { dataAddressOf, errors, remarks, type Wanted } from "./report.ts";
import { ownerLine } from "./scripts.ts";
import { endpointOf, writeSshConfig } from "./sshConfig.ts";

/** Machines that are to be a stack's nodes, before they were looked at. */
export interface Candidates {
  hosts: Host[];
  common: HostsSettings;
  /** What gives them, and takes them back. */
  after?: pulumi.Resource[];
  /** They are OAR's, at Grid'5000 maybe: which of them is which node changes from job to job. */
  reserved?: boolean;
}

interface OpenHostsArgs {
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
interface OpenedHosts {
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
  { hosts, common, after = [], reserved = false }: Candidates,
  { settings, installation, owner, without }: OpenHostsArgs,
): Promise<OpenedHosts> {
  const folder = sshDirectory(installation, settings.prefix);
  const real = hosts.filter(({ imagined }) => !imagined);
  const line = ownerLine(owner);
  const args = { owner: line, settings, common, reserved };
  if (!reserved) await refuseSuccessors(folder, real, line, looking(false, []));
  const endpoints = asRunError(() => writeSshConfig(folder, real));
  const { good, bad } = await inspect(real, endpoints, args);
  const imagined = hosts.filter((host) => host.imagined).map((host) => imaginedHost(folder, host));
  const left = await leaveOut([...good, ...imagined], bad, common, settings, without);
  if (!pulumi.runtime.isDryRun()) noteMachines(folder, left.good);
  return {
    ...left,
    declare: () =>
      new HostsTestbed("testbed", {
        hosts: left.good,
        settings: common,
        owner,
        ownerLine: line,
        after,
        registryPort: settings.swarm.registryPort,
        registryImage: installation.testbedImages.registry.tag.replace(/:[^:/]*$/, ""),
      }),
  };
}

function imaginedHost(folder: string, host: Host): GoodHost {
  return { host, ssh: endpointOf(folder, host), address: host.address };
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
  reserved: boolean;
}

/** `uname -m` of what the images were made on. */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

const looking = (reserved: boolean, firewallPorts: string[]): Omit<InspectOptions, "endpoints"> => ({
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
  { owner, settings, common, reserved }: InspectArgs,
): Promise<{ good: GoodHost[]; bad: BadHost[] }> {
  const { registryPort, addressPool } = settings.swarm;
  const looked = await inspectAll(hosts, { ...looking(reserved, portsBetween(settings)), endpoints });
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
      arch: ARCHITECTURES[process.arch] ?? process.arch,
    };
    const why = errors(host, found, wanted);
    const address = dataAddressOf(host, found);
    if (why.length > 0 || address === undefined) bad.push({ host, why });
    else good.push({ host, ssh: endpointFor(host, endpoints), address, report: found });
    for (const remark of remarks(found, offset)) await pulumi.log.warn(`${nameOf(host)}: ${remark}`);
  }
  const twins = sameMachines(looked);
  return {
    good: good.filter(({ host }) => !twins.has(host.node.name)),
    bad: [
      ...bad,
      ...hosts.flatMap((host) => {
        const why = twins.get(host.node.name);
        return why ? [{ host, why: [why] }] : [];
      }),
    ],
  };
}

/** What the machines must let in of each other. */
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
    ...["2377/tcp", "7946/tcp", "7946/udp", "4789/udp", `${swarm.registryPort}/tcp`],
    ...clocks[clockSync.kind],
    ...probes,
  ];
}

/** One machine by two addresses, and two machines of one name, which a swarm's figures could not tell apart. */
export function sameMachines(looked: readonly Inspection[]): Map<string, string> {
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
