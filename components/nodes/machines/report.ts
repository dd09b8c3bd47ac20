// What a machine says of itself (node/inspect.sh), and what of it stands in the way.
import { z } from "zod";
import { isInNetwork, overlaps } from "../../../lib/addresses.ts";
import type { Host } from "./host.ts";
import { KEEP } from "./nodeFiles.ts";

const NUMBER = z.coerce.number();

const once = z.object({
  /** Seconds since 1970 by its clock. */
  time: NUMBER,
  uid: NUMBER,
  /** Who logged in, before sudo. */
  user: z.string(),
  hostname: z.string().min(1),
  kernel: z.string(),
  arch: z.string(),
  machine: z.string(),
  os: z.string(),
  cpus: NUMBER,
  memoryMiB: NUMBER,
  freeMiB: NUMBER,
  setsClock: z.enum(["yes", "no"]),
  init: z.enum(["systemd", "service", "none"]),
  packager: z.string().optional(),
  /** Version; absent where it is not installed. */
  docker: z.string().optional(),
  /** Id, version, place in a swarm, and id there; absent where it does not answer. */
  engine: z.string().optional(),
  /** Its configuration, base 64. */
  daemon: z.string().optional(),
  /** Id of the swarm that we put it into. */
  mark: z.string().optional(),
  /** And its own id in that. */
  markNode: z.string().optional(),
  /** Whose it is. */
  owner: z.string().optional(),
  /** And which of its nodes. */
  node: z.string().optional(),
  /** Whether Docker was installed by us. */
  installed: z.string().optional(),
  /** Address with which it goes out. */
  outgoing: z.string().optional(),
  looked: z.literal("yes", "it did not come to its end"),
});
const SEVERAL = ["address", "route", "listens", "taken", "lacks", "closed"] as const;

export type Report = z.output<typeof once> & Record<(typeof SEVERAL)[number], string[]>;

/** @throws Error where it is not what inspect.sh prints */
export function parseReport(text: string): Report {
  const several = Object.fromEntries(SEVERAL.map((name) => [name, [] as string[]]));
  const single: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line.trim()) ?? [];
    if (several[name]) several[name].push(value);
    else if (name) single[name] = value;
  }
  const report = once.safeParse(single);
  if (report.success) return { ...report.data, ...several } as Report;
  const [issue] = report.error.issues;
  throw new Error(`what it says of itself cannot be read (${issue?.path.join(".")}: ${issue?.message})`);
}

/** The images of all parts, their layers once packed and once unpacked, and room for what is measured. */
const LEAST_FREE_MIB = 3_000;
/** dockerd, sshd and the smallest part. */
const LEAST_MEMORY_MIB = 900;

export interface Wanted {
  /** Whose machine it becomes, as it is written there. */
  owner: string;
  /** Networks that are to be ours on the machine, with the settings that choose them. */
  networks: { name: string; network: string }[];
  /** Ports that are to be free; those of the registry on the manager alone. */
  ports: number[];
  /** Of what the images run on, as `uname -m` says it. */
  arch: string;
}

/** The address that a machine is to have between the nodes; undefined where none can be told. */
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

/** But for those of Docker's own bridges. */
function addressesOf({ address }: Report): string[] {
  return address.flatMap((each) => {
    const [, own, device = ""] = /^([\d.]+)\/\d+ (\S+)$/.exec(each) ?? [];
    return own && !/^(docker|br-|veth)/.test(device) ? [own] : [];
  });
}

/** What stands in the way, a sentence each that says what to do. */
export function errors(host: Host, report: Report, wanted: Wanted): string[] {
  const found: string[] = [];
  if (report.uid !== 0) found.push("sudo does not make root of its user");
  if (report.owner !== undefined && report.owner !== wanted.owner) {
    found.push(
      `is used by another stack (${report.owner}); destroy that, or, where it is no more: sudo sh ${KEEP}/clean`,
    );
  }
  if (report.owner === wanted.owner && (report.node ?? host.node.name) !== host.node.name) {
    found.push(
      `is ${report.node} of this stack: only take machines off the end of the list, or of the last site, or destroy the stack first`,
    );
  }
  if (report.arch !== wanted.arch) {
    found.push(`is of another kind (${report.arch}) than the images, which run on ${wanted.arch}`);
  }
  found.push(...engineErrors(report), ...resourceErrors(report), ...addressErrors(host, report));
  // Where we have been, its routes, ports and names may be those that we made.
  if (report.owner === undefined) {
    if (report.taken.length > 0) {
      found.push(
        `has a ${report.taken.join(" and a ")} of its own, a name that the stack uses: remove it, or use another machine`,
      );
    }
    const taken = [...new Set(report.listens.map((hex) => Number.parseInt(hex, 16)))];
    const clash = wanted.ports.filter((port) => taken.includes(port));
    // A swarm's ports are a swarm's; that is said already.
    if (clash.length > 0 && !inForeignSwarm(report)) {
      const gossip = clash.includes(7946) && report.engine !== undefined;
      const engine = gossip ? "; Docker itself may, after it left a swarm: start it anew there" : "";
      found.push(`something listens on port ${clash.join(", ")}: end it, or set swarm.registryPort${engine}`);
    }
    for (const { name, network } of wanted.networks) {
      const reached = report.route.find((route) => takesRoute(route, network));
      if (!reached) continue;
      const [where, device] = reached.split(" ");
      found.push(`reaches ${where} through ${device}, and ${name} is ${network}: set ${name}`);
    }
  }
  return found;
}

/** What does not stand in the way, but may turn out to. */
export function remarks(report: Report, offset: { sec: number; errorSec: number }): string[] {
  const found: string[] = [];
  const apart = Math.abs(offset.sec) - offset.errorSec;
  if (apart > 1) {
    found.push(
      `its clock is ${offset.sec > 0 ? "ahead of" : "behind"} this machine's by ${Math.abs(offset.sec).toFixed(1)} s; see clockSync.kind`,
    );
  }
  if (report.lacks.length > 0) {
    found.push(
      `its kernel may lack ${report.lacks.join(", ")}, which Docker's networks between machines need`,
    );
  }
  if (report.closed.length > 0) {
    const [firewall] = report.closed[0]?.split(" ") ?? [];
    const ports = report.closed.map((each) => each.split(" ")[1]).join(", ");
    found.push(`its firewall (${firewall}) may not let in ${ports}, which the other nodes need`);
  }
  return found;
}

function inForeignSwarm({ engine, mark, markNode }: Report): boolean {
  const [, , state = "inactive", id] = engine?.split(" ") ?? [];
  if (state === "inactive" || state === "") return false;
  return mark === undefined || (state === "active" && markNode !== undefined && markNode !== id);
}

function engineErrors(report: Report): string[] {
  if (inForeignSwarm(report)) {
    return [
      "is already in a swarm that this stack did not create; take it out with: docker swarm leave, or use another machine",
    ];
  }
  if (/podman/i.test(report.docker ?? "")) {
    return ["has podman under Docker's name: remove that (podman-docker), or install Docker there by hand"];
  }
  if (report.docker === undefined && report.packager === undefined) {
    return ["has no Docker, and none of apt-get, dnf and yum to install it with: install it there by hand"];
  }
  if (report.engine === undefined && report.init === "none") {
    return ["its Docker engine does not run, and neither systemd nor service is there to start it"];
  }
  return [];
}

function resourceErrors({ freeMiB, memoryMiB }: Report): string[] {
  return [
    ...(freeMiB < LEAST_FREE_MIB
      ? [`has ${freeMiB} MiB free where Docker keeps its data, and ${LEAST_FREE_MIB} are needed`]
      : []),
    ...(memoryMiB < LEAST_MEMORY_MIB
      ? [`has ${memoryMiB} MiB of memory, and ${LEAST_MEMORY_MIB} are needed`]
      : []),
  ];
}

function addressErrors(host: Host, report: Report): string[] {
  if (dataAddressOf(host, report) !== undefined) return [];
  const own = addressesOf(report).join(", ") || "none";
  if (host.dataAddress !== undefined) return [`has not the address ${host.dataAddress}, but ${own}`];
  if (host.dataNetwork !== undefined) {
    return [`has no address in testbed.dataNetwork ${host.dataNetwork}, but ${own}`];
  }
  return own === "none"
    ? ["has no IPv4 address"]
    : [`has the addresses ${own}: say which is meant with testbed.dataNetwork, or dataAddress of the host`];
}

/** Routes this wide are a VPN's or a private range's: ours, being narrower, takes little from them. */
const WIDE_PREFIX = 15;

function takesRoute(route: string, network: string): boolean {
  const [where = "", device = ""] = route.split(" ");
  if (/^(br-|docker)/.test(device) || Number(where.split("/")[1]) <= WIDE_PREFIX) return false;
  return overlaps(where, network);
}
