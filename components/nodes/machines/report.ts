// The inspection report of a machine (node/inspect.sh), and the errors and warnings that follow from it.
import { z } from "zod";
import { DEFAULT_MTU } from "../../../config/swarm.ts";
import { plainMessage } from "../../../contract/plainMessage.ts";
import { isInNetwork, overlaps } from "../../../lib/addresses.ts";
import type { EngineNeeds } from "../engineErrors.ts";
import { versionOf } from "../engineFacts.ts";
import { engineErrors, inForeignSwarm } from "./engine.ts";
import type { Host } from "./host.ts";
import { KEEP } from "./nodeFiles.ts";

const NUMBER = z.coerce.number();

/** Fields that inspect.sh prints once. */
const single = z.object({
  /** Seconds since 1970 by the machine's clock. */
  time: NUMBER,
  uid: NUMBER,
  /** The login user, before sudo. */
  user: z.string(),
  hostname: z.string().min(1),
  kernel: z.string(),
  arch: z.string(),
  machine: z.string(),
  os: z.string(),
  cpus: NUMBER,
  memoryMiB: NUMBER,
  /** Free space for Docker's data. */
  freeMiB: NUMBER,
  freeFolder: z.string().optional(),
  setsClock: z.enum(["yes", "no"]),
  init: z.enum(["systemd", "service", "none"]),
  packager: z.string().optional(),
  /** Docker's version. Absent if it is not installed. */
  docker: z.string().optional(),
  /** The engine's id, version, swarm state and node id. Absent if the engine does not answer. */
  engine: z.string().optional(),
  /** The path of the docker program. */
  dockerProgram: z.string().optional(),
  /** `docker info` as JSON, in base 64. */
  engineInfo: z.string().optional(),
  /** The oldest API version that the engine speaks. */
  oldestApi: z.string().optional(),
  /** The command line of dockerd as in /proc, in base 64. */
  dockerd: z.string().optional(),
  /** The engine's configuration file, in base 64. */
  daemon: z.string().optional(),
  /** Version of the control groups. */
  cgroup: z.enum(["1", "2"]).optional(),
  /** Id of the swarm that swarmbench put the machine into. */
  mark: z.string().optional(),
  /** The machine's node id in that swarm. */
  markNode: z.string().optional(),
  /** The stack that uses the machine. */
  owner: z.string().optional(),
  /** The machine's node name in that stack. */
  node: z.string().optional(),
  /** Present if swarmbench installed Docker. */
  installed: z.string().optional(),
  /** Source address of outgoing connections. */
  outgoing: z.string().optional(),
  complete: z.literal("yes", "the script did not finish"),
});
/** Fields that inspect.sh may print several times. */
const REPEATED = ["address", "mtu", "route", "listens", "taken", "lacks", "closed"] as const;

/** The inspection report of a machine. */
export type Report = z.output<typeof single> & Record<(typeof REPEATED)[number], string[]>;

/**
 * Parses the output of inspect.sh.
 *
 * @throws Error if the output is incomplete or has another format
 */
export function parseReport(text: string): Report {
  // Maps, since a machine may print names that every object has, such as "constructor".
  const lists = new Map(REPEATED.map((name) => [name as string, [] as string[]]));
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line.trim()) ?? [];
    const list = lists.get(name);
    if (list) list.push(value);
    else if (name) values.set(name, value);
  }
  const report = single.safeParse(Object.fromEntries(values), { error: plainMessage });
  if (report.success) return { ...report.data, ...Object.fromEntries(lists) } as Report;
  const [issue] = report.error.issues;
  throw new Error(`its inspection failed (${issue?.path.join(".")}: ${issue?.message})`);
}

/** Disk space for the images of all services, compressed and unpacked, and for measured data. */
const MIN_FREE_MIB = 3_000;
/** Memory for dockerd, sshd and the smallest service. */
const MIN_MEMORY_MIB = 900;

/** What the stack needs from a machine. */
export interface Requirements {
  /** Identifies the stack that uses the machine. */
  owner: string;
  /** Networks that the stack uses on the machine, with the settings that choose them. */
  networks: { name: string; network: string }[];
  /** Ports that must be free. */
  ports: number[];
  /** Architecture of the images, as `uname -m` prints it. */
  arch: string;
  /** The configured MTU of the network between the nodes, if any. */
  mtu?: number;
  engine: EngineNeeds;
}

/** The machine's address on the network between the nodes, or undefined if it cannot be determined. */
export function dataAddressOf(
  { dataAddress, dataNetwork, address }: Host,
  report: Report,
): string | undefined {
  const own = addressesOf(report);
  if (dataAddress !== undefined) return own.includes(dataAddress) ? dataAddress : undefined;
  if (dataNetwork !== undefined) return own.find((each) => isInNetwork(dataNetwork, each));
  if (own.includes(address)) return address;
  return report.outgoing ?? (own.length === 1 ? own[0] : undefined);
}

/** The machine's addresses, without those of Docker's bridges. */
function addressesOf({ address }: Report): string[] {
  return address.flatMap((line) => {
    const [, own, device = ""] = /^([\d.]+)\/\d+ (\S+)$/.exec(line) ?? [];
    return own && !/^(docker|br-|veth)/.test(device) ? [own] : [];
  });
}

/** The reasons why a machine cannot be used, one sentence each, with a hint. */
export function errorsOf(host: Host, report: Report, requirements: Requirements): string[] {
  return [
    ...identityErrors(host, report, requirements),
    ...engineErrors(report, requirements.engine),
    ...resourceErrors(report),
    ...addressErrors(host, report),
    ...mtuErrors(host, report, requirements),
    // On a machine of this stack, the routes, ports and names may be the stack's own.
    ...(report.owner === undefined ? conflicts(report, requirements) : []),
  ];
}

function identityErrors({ node }: Host, report: Report, { owner, arch }: Requirements): string[] {
  const errors: string[] = [];
  if (report.uid !== 0)
    errors.push("sudo does not make its user root: allow that in its sudoers file, or log in as root");
  if (report.owner !== undefined && report.owner !== owner) {
    errors.push(
      `is used by another stack (${report.owner}); destroy that stack, or if it no longer exists: sudo sh ${KEEP}/clean`,
    );
  }
  if (report.owner === owner && (report.node ?? node.name) !== node.name) {
    errors.push(
      `is ${report.node} of this stack: remove machines only at the end of the list or of the last site, or destroy the stack first`,
    );
  }
  if (report.arch !== arch) {
    errors.push(
      `has another architecture (${report.arch}) than the images (${arch}): use machines with the architecture of this one`,
    );
  }
  return errors;
}

/** Conflicts of names, ports and networks with other users of the machine. */
function conflicts(report: Report, { ports, networks }: Requirements): string[] {
  const errors: string[] = [];
  if (report.taken.length > 0) {
    errors.push(
      `already has a ${report.taken.join(" and a ")}, a name that the stack uses: remove it, or use another machine`,
    );
  }
  const listening = new Set(report.listens.map((hex) => Number.parseInt(hex, 16)));
  const occupied = ports.filter((port) => listening.has(port));
  // A foreign swarm listens on the swarm's ports, and has an error of its own.
  if (occupied.length > 0 && !inForeignSwarm(report)) {
    const mayBeDocker = occupied.includes(7946) && report.engine !== undefined;
    const restart = mayBeDocker ? "; if Docker itself still listens after it left a swarm, restart it" : "";
    errors.push(
      `another program listens on port ${occupied.join(", ")}: stop it, or set swarm.registryPort${restart}`,
    );
  }
  for (const { name, network } of networks) {
    const route = report.route.find((line) => conflictsWith(line, network));
    if (!route) continue;
    const [destination, device] = route.split(" ");
    errors.push(
      `reaches ${destination} through ${device}, which overlaps ${name} ${network}: change ${name}`,
    );
  }
  return errors;
}

/** Findings that may cause errors later. The offset and its error bound are in seconds. */
export function warningsOf(
  host: Host,
  report: Report,
  offset: { sec: number; errorSec: number },
  { mtu }: Pick<Requirements, "mtu">,
): string[] {
  const warnings: string[] = [];
  const link = dataLink(host, report);
  if (link && mtu === undefined && link.mtu < DEFAULT_MTU) {
    warnings.push(
      `its ${link.device} carries packets of ${link.mtu} bytes, but the overlay network sends up to ${DEFAULT_MTU}: set swarmbench:swarm.mtu to ${link.mtu}`,
    );
  }
  if (Math.abs(offset.sec) - offset.errorSec > 1) {
    const direction = offset.sec > 0 ? "ahead of" : "behind";
    warnings.push(
      `its clock is ${direction} this machine's by ${Math.abs(offset.sec).toFixed(1)} s; see clockSync.kind`,
    );
  }
  if (report.lacks.length > 0) {
    warnings.push(
      `its kernel may lack ${report.lacks.join(", ")}, which Docker's overlay networks need; load it there: modprobe -a ${report.lacks.join(" ")}`,
    );
  }
  if (report.closed.length > 0) {
    const [firewall] = report.closed[0]?.split(" ") ?? [];
    const ports = report.closed.map((line) => line.split(" ")[1]).join(", ");
    warnings.push(`its firewall (${firewall}) may block ${ports}, which the other nodes need: open them`);
  }
  const [, version = ""] = report.engine?.split(" ") ?? [];
  if (report.cgroup === "1" && (versionOf(version)?.[0] ?? 0) >= 29) {
    warnings.push(
      `its control groups are version 1, which Docker ${version} still supports but will drop; boot it with version 2`,
    );
  }
  return warnings;
}

function resourceErrors({ freeMiB, freeFolder = "Docker's data folder", memoryMiB }: Report): string[] {
  const errors: string[] = [];
  if (freeMiB < MIN_FREE_MIB) {
    errors.push(
      `has ${freeMiB} MiB free in ${freeFolder}, but ${MIN_FREE_MIB} are needed: free some disk space`,
    );
  }
  if (memoryMiB < MIN_MEMORY_MIB) {
    errors.push(`has ${memoryMiB} MiB of memory, but ${MIN_MEMORY_MIB} are needed: use a larger machine`);
  }
  return errors;
}

function addressErrors(host: Host, report: Report): string[] {
  if (dataAddressOf(host, report) !== undefined) return [];
  const own = addressesOf(report).join(", ") || "none";
  if (host.dataAddress !== undefined)
    return [`does not have the address ${host.dataAddress}, but ${own}: change its dataAddress`];
  if (host.dataNetwork !== undefined) {
    return [
      `has no address in testbed.dataNetwork ${host.dataNetwork}, but ${own}: change testbed.dataNetwork, or set dataAddress of the host`,
    ];
  }
  return own === "none"
    ? ["has no IPv4 address: give it one on the network between the nodes"]
    : [`has the addresses ${own}: choose one with testbed.dataNetwork, or with dataAddress of the host`];
}

/** The interface with the address between the nodes, and its MTU; undefined if the report does not have it. */
function dataLink(host: Host, report: Report): { device: string; mtu: number } | undefined {
  const address = dataAddressOf(host, report);
  const line = report.address.find((each) => each.startsWith(`${address}/`));
  const device = line?.split(" ")[1] ?? "";
  const mtu = report.mtu.find((each) => each.startsWith(`${device} `))?.split(" ")[1];
  return mtu === undefined ? undefined : { device, mtu: Number(mtu) };
}

function mtuErrors(host: Host, report: Report, { mtu }: Pick<Requirements, "mtu">): string[] {
  const link = dataLink(host, report);
  if (!link || mtu === undefined || mtu <= link.mtu) return [];
  return [
    `its ${link.device} carries packets of ${link.mtu} bytes, less than swarmbench:swarm.mtu ${mtu}: lower that, or raise the interface's MTU`,
  ];
}

/** Routes with a prefix up to this length belong to a VPN or a private range. The stack's narrower network hides little of them. */
const WIDE_PREFIX = 15;

function conflictsWith(route: string, network: string): boolean {
  const [destination = "", device = ""] = route.split(" ");
  if (/^(br-|docker)/.test(device) || Number(destination.split("/")[1]) <= WIDE_PREFIX) return false;
  return overlaps(destination, network);
}
