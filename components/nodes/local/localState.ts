import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { isSubnet, overlaps } from "../../../lib/addresses.ts";
import type { DockerCli } from "../../../lib/docker.ts";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership.ts";

/** What Docker has of one object, as far as we look. */
interface Labelled {
  name: string;
  labels: Record<string, string>;
}
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

/** So often is the engine asked again when something that it has listed is gone before it could be looked at. */
const LOOKS = 5;

/** Reads what this machine's Docker engine has, while others may remove what is theirs. */
export async function readDocker(docker: DockerCli, looks = LOOKS): Promise<DockerState> {
  try {
    return await readOnce(docker);
  } catch (error) {
    if (looks <= 1 || !/no such|not found/i.test((error as Error).message)) throw error;
    return readDocker(docker, looks - 1);
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

export function isOurs(owner: Owner, { labels }: Labelled): boolean {
  return labels[STACK_LABEL] === owner.prefix && labels[OWNER_LABEL] === owner.directory;
}

/** The one of a name that is ours. */
export function findOurs<T extends Labelled>(owner: Owner, objects: T[], name: string): T | undefined {
  return objects.find((object) => object.name === name && isOurs(owner, object));
}

/** What a stack is about to take on this machine. */
export interface Claim {
  owner: Owner;
  subnet: string;
  nodes: { container: string; sshPort: number }[];
}

/**
 * What already has a name or network that the stack would take, and is not its own: one sentence each,
 * with the setting that gets out of the way.
 */
export function clashes(state: DockerState, { owner, subnet, nodes }: Claim): string[] {
  const others = [...state.containers, ...state.networks, ...state.volumes].filter(
    (object) => object.labels[STACK_LABEL] === owner.prefix && !isOurs(owner, object),
  );
  const folders = [...new Set(others.map((object) => object.labels[OWNER_LABEL] ?? "an unknown folder"))];
  const networks = state.networks
    .filter((network) => !isOurs(owner, network) && network.labels[STACK_LABEL] !== owner.prefix)
    .filter((network) => network.subnets.some((taken) => isSubnet(taken) && overlaps(taken, subnet)));
  const taken = (kind: string, objects: Labelled[], names: string[]) =>
    objects
      .filter(({ name, labels }) => names.includes(name) && labels[STACK_LABEL] !== owner.prefix)
      .map(({ name }) => `there is a ${kind} named ${name} that no stack of ours made (remove it)`);
  const containers = nodes.map(({ container }) => container);
  return [
    ...folders.map(
      (folder) =>
        `a stack of the same name runs from ${folder} ` +
        "(destroy it there, or give this one another swarmbench:namespace)",
    ),
    ...networks.map(
      (network) =>
        `the Docker network ${network.name} has ${network.subnets.join(", ")}, and this stack wants ${subnet} ` +
        "(set swarmbench:testbed.subnet)",
    ),
    ...taken("container", state.containers, containers),
    ...taken("volume", state.volumes, containers),
    ...taken("network", state.networks, [owner.prefix]),
  ];
}

/** A network that this machine reaches, and through which interface. */
interface Route {
  network: string;
  device: string;
}

/** The kernel's IPv4 routes; none where it does not tell them this way (macOS). */
export function readRoutes(): Route[] {
  if (!existsSync("/proc/net/route")) return [];
  return parseRoutes(readFileSync("/proc/net/route", "utf8"));
}

/** Parses /proc/net/route, whose addresses are 32 bits in the machine's (little-endian) order. */
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

/** Routes this wide are a VPN's or a default: our network, being narrower, takes little from them. */
const WIDE_PREFIX = 15;

/** What is reached at the addresses that the stack would take, and would not be any more. Docker's own are no clash. */
export function routeClashes(state: DockerState, { owner, subnet }: Claim, routes: Route[]): string[] {
  if (findOurs(owner, state.networks, owner.prefix)) return [];
  return routes
    .filter(
      ({ device, network }) => !/^(br-|docker)/.test(device) && Number(network.split("/")[1]) > WIDE_PREFIX,
    )
    .filter(({ network }) => overlaps(network, subnet))
    .map(
      ({ network, device }) =>
        `this machine reaches ${network} through ${device}, and this stack wants ${subnet} ` +
        "(set swarmbench:testbed.subnet)",
    );
}

/** The nodes whose SSH port something else listens on, as sentences. A port that our own container has is no clash. */
export async function portClashes(state: DockerState, { owner, nodes }: Claim): Promise<string[]> {
  const taken = await Promise.all(
    nodes.map(async ({ container, sshPort }) =>
      findOurs(owner, state.containers, container)?.running || (await isFree(sshPort)) ? [] : [sshPort],
    ),
  );
  return taken
    .flat()
    .map((port) => `something listens on 127.0.0.1:${port} (set swarmbench:testbed.sshPortBase)`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
