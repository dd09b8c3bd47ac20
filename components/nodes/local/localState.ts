import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { isSubnet, overlaps } from "../../../lib/addresses.ts";
import type { DockerCli } from "../../../lib/docker.ts";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership.ts";

/** A Docker object with its labels. */
interface Labelled {
  name: string;
  labels: Record<string, string>;
}

/** The containers, networks and volumes of a Docker engine. */
export interface DockerState {
  containers: (Labelled & { running: boolean; id: string })[];
  networks: (Labelled & { subnets: string[] })[];
  volumes: Labelled[];
}

interface ContainerJson {
  Id: string;
  Name: string;
  Config: { Labels: Record<string, string> | null };
  State: { Running: boolean };
}
interface NetworkJson {
  Name: string;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string }[] | null };
}
interface VolumeJson {
  Name: string;
  Labels: Record<string, string> | null;
}

/** Attempts to read the engine's state when listed objects disappear before they are inspected. */
const ATTEMPTS = 5;

/** Reads the state of a Docker engine. Retries if another program removes a listed object meanwhile. */
export async function readDocker(docker: DockerCli, attempts = ATTEMPTS): Promise<DockerState> {
  try {
    return await readOnce(docker);
  } catch (error) {
    if (attempts <= 1 || !/no such|not found/i.test((error as Error).message)) throw error;
    return readDocker(docker, attempts - 1);
  }
}

async function readOnce(docker: DockerCli): Promise<DockerState> {
  const inspect = async <T>(kind: string, list: string[]): Promise<T[]> => {
    const ids = (await docker(...list)).split("\n").filter(Boolean);
    if (ids.length === 0) return [];
    return JSON.parse(await docker(kind, "inspect", ...ids)) as T[];
  };
  const [containers, networks, volumes] = await Promise.all([
    inspect<ContainerJson>("container", ["ps", "--all", "--quiet", "--no-trunc"]),
    inspect<NetworkJson>("network", ["network", "ls", "--quiet", "--no-trunc"]),
    inspect<VolumeJson>("volume", ["volume", "ls", "--quiet"]),
  ]);
  return {
    containers: containers.map(({ Id, Name, Config, State }) => ({
      id: Id,
      name: Name.replace(/^\//, ""),
      labels: Config.Labels ?? {},
      running: State.Running,
    })),
    networks: networks.map(({ Name, Labels, IPAM }) => ({
      name: Name,
      labels: Labels ?? {},
      subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    })),
    volumes: volumes.map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} })),
  };
}

/** Whether the owner created an object, by its labels. */
export function isOwn(owner: Owner, { labels }: Labelled): boolean {
  return labels[STACK_LABEL] === owner.prefix && labels[OWNER_LABEL] === owner.directory;
}

/** The object of a name, if the owner created it. */
export function findOwn<T extends Labelled>(owner: Owner, objects: T[], name: string): T | undefined {
  return objects.find((object) => object.name === name && isOwn(owner, object));
}

/** Names, network and ports that a stack needs on this machine. */
export interface Claim {
  owner: Owner;
  subnet: string;
  nodes: { container: string; sshPort: number }[];
}

/**
 * Foreign objects with a name or network that the stack needs, one sentence each with the setting that avoids the conflict.
 */
export function nameConflicts(state: DockerState, { owner, subnet, nodes }: Claim): string[] {
  const others = [...state.containers, ...state.networks, ...state.volumes].filter(
    (object) => object.labels[STACK_LABEL] === owner.prefix && !isOwn(owner, object),
  );
  const folders = [...new Set(others.map((object) => object.labels[OWNER_LABEL] ?? "an unknown folder"))];
  const networks = state.networks
    .filter((network) => !isOwn(owner, network) && network.labels[STACK_LABEL] !== owner.prefix)
    .filter((network) => network.subnets.some((taken) => isSubnet(taken) && overlaps(taken, subnet)));
  const taken = (kind: string, objects: Labelled[], names: string[]) =>
    objects
      .filter(({ name, labels }) => names.includes(name) && labels[STACK_LABEL] !== owner.prefix)
      .map(({ name }) => `there is a ${kind} named ${name} that swarmbench did not create (remove it)`);
  const containers = nodes.map(({ container }) => container);
  return [
    ...folders.map(
      (folder) =>
        `a stack of the same name runs from ${folder} ` +
        "(destroy it there, or give this one another swarmbench:namespace)",
    ),
    ...networks.map(
      (network) =>
        `the Docker network ${network.name} has ${network.subnets.join(", ")}, which overlaps this stack's ${subnet} ` +
        "(set swarmbench:testbed.subnet)",
    ),
    ...taken("container", state.containers, containers),
    ...taken("volume", state.volumes, containers),
    ...taken("network", state.networks, [owner.prefix]),
  ];
}

/** A network that this machine reaches through an interface. */
interface Route {
  network: string;
  device: string;
}

/** The kernel's IPv4 routes. Empty on systems without /proc/net/route (macOS). */
export function readRoutes(): Route[] {
  if (!existsSync("/proc/net/route")) return [];
  return parseRoutes(readFileSync("/proc/net/route", "utf8"));
}

/** Parses /proc/net/route, whose addresses are 32-bit numbers in the machine's byte order (little-endian). */
export function parseRoutes(table: string): Route[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map(([device = "", destination = "", , , , , , mask = ""]) => ({
      device,
      network: `${dotted(destination)}/${BigInt(`0x${mask}`).toString(2).replaceAll("0", "").length}`,
    }));
}

function dotted(hex: string): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}

/** Routes with a prefix up to this length are default routes or belong to a VPN. The stack's narrower network hides little of them. */
const WIDE_PREFIX = 15;

/** Routes that the stack's network would hide, one sentence each. Routes of Docker's own networks do not count. */
export function routeConflicts(state: DockerState, { owner, subnet }: Claim, routes: Route[]): string[] {
  if (findOwn(owner, state.networks, owner.prefix)) return [];
  return routes
    .filter(
      ({ device, network }) => !/^(br-|docker)/.test(device) && Number(network.split("/")[1]) > WIDE_PREFIX,
    )
    .filter(({ network }) => overlaps(network, subnet))
    .map(
      ({ network, device }) =>
        `this machine reaches ${network} through ${device}, which overlaps this stack's ${subnet} ` +
        "(set swarmbench:testbed.subnet)",
    );
}

/** SSH ports of nodes that another program uses, one sentence each. Ports of the stack's own containers do not count. */
export async function portConflicts(state: DockerState, { owner, nodes }: Claim): Promise<string[]> {
  const taken = await Promise.all(
    nodes.map(async ({ container, sshPort }) =>
      findOwn(owner, state.containers, container)?.running || (await isFree(sshPort)) ? [] : [sshPort],
    ),
  );
  return taken
    .flat()
    .map((port) => `another program listens on 127.0.0.1:${port} (set swarmbench:testbed.sshPortBase)`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
