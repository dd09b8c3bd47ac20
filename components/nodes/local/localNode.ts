import * as path from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { LocalNodeSettings, LocalSettings } from "../../../config/testbed/local.ts";
import { localDocker } from "../../../lib/docker.ts";
import { exec } from "../../../lib/exec.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import { generation, replacedBy, replaceUnless } from "../../lib/driftReplacement.ts";
import type { Installation } from "../../lib/installation.ts";
import type { Node } from "../../lib/node.ts";
import { labels, type Owner, removeLeftoverFirst } from "../../lib/ownership.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { shapeLinkScript } from "./linkScripts.ts";
import { type DockerState, findOurs } from "./localState.ts";
import { waitForEngineScript } from "./scripts.ts";

/** What a node may do beyond an ordinary container: less than `--privileged`, which some machines refuse. */
export const CAPABILITIES = [
  "SYS_ADMIN", // mounts and namespaces: containers in the container
  "NET_ADMIN", // bridges, VXLAN, iptables, traffic shaping
  "NET_RAW",
  "SYS_PTRACE",
  "MKNOD",
  "SYS_CHROOT",
  "SETFCAP",
  "AUDIT_WRITE",
  "DAC_READ_SEARCH",
];

/** What all local nodes have in common. */
export interface LocalTestbedArgs extends Omit<LocalSettings, "kind"> {
  /** Begins the names of what is made. */
  prefix: string;
  installation: Installation;
  owner: Owner;
  /** What this machine's Docker had when the program began. */
  state: DockerState;
  /** Names of containers that run but did not answer: they are replaced. */
  unreachable: ReadonlySet<string>;
}

interface LocalNodeArgs extends LocalTestbedArgs {
  network: docker.Network;
}

/** The name of a node's container, and of its volume, on this machine. */
export function containerName(prefix: string, node: string): string {
  return `${prefix}-${node}`;
}

/** How to reach the SSH of a local node: on loopback, with the installation's keys. */
export function localEndpoint({ sshPort }: LocalNodeSettings, { directory }: Installation): SshEndpoint {
  return {
    host: "127.0.0.1",
    port: sshPort,
    user: "root",
    sudo: false,
    configFile: path.join(directory, "ssh/config"),
  };
}

/** One node: a volume for its engine, the container, the wait until SSH and the engine answer, and its link's shape. */
export function localNode(
  node: LocalNodeSettings,
  args: LocalNodeArgs,
  shared: pulumi.CustomResourceOptions,
): Node {
  const { prefix, installation, owner, state, unreachable } = args;
  const name = containerName(prefix, node.name);
  const running = findOurs(owner, state.containers, name)?.running ?? false;
  const replacement = replaceUnless(running && !unreachable.has(name));
  const volume = nodeVolume(name, node, args, shared);
  const container = nodeContainer(
    node,
    volume,
    args,
    {
      ...shared,
      ...replacedBy(replacement),
      hooks: removeLeftoverFirst("container", name, owner, localDocker(installation.engineHost, exec)),
    },
    generation(replacement),
  );
  const ssh = localEndpoint(node, installation);
  const { provider: _, ...withoutProvider } = shared;
  const ready = runOn(
    `${node.name}-ready`,
    ssh,
    { script: container.id.apply((id) => waitForEngineScript(node.name, id)) },
    { ...withoutProvider, deletedWith: container },
  );
  // Where the link is not shaped as well: a shape is taken away here, before anything is measured. By deleting a resource it
  // would be at the end of `up`, after the benchmark.
  const link = runOn(
    `${node.name}-link`,
    ssh,
    {
      script: outputOf(ready).apply((machine) =>
        shapeLinkScript({ node: node.name, address: node.address, machine, ...node.network }),
      ),
    },
    { ...withoutProvider, deletedWith: container },
  );
  return {
    name: node.name,
    hostname: node.name,
    role: node.role,
    labels: {},
    address: node.address,
    ssh,
    ownClock: false, // containers have the machine's clock; nor have they the right to set it (no SYS_TIME)
    ready: outputOf(link), // what `ready` printed, later
    machine: container,
  };
}

/** Where the node's engine keeps its data, and so its place in the swarm: it outlives the container. */
function nodeVolume(
  name: string,
  node: LocalNodeSettings,
  { owner, state }: LocalNodeArgs,
  shared: pulumi.CustomResourceOptions,
): docker.Volume {
  // Without this a lost volume would be made by Docker as the container starts, and carry no label of ours.
  const replacement = replaceUnless(findOurs(owner, state.volumes, name) !== undefined);
  return new docker.Volume(
    `${node.name}-engine`,
    { name, labels: labels(owner, generation(replacement)) },
    { ...shared, ...replacedBy(replacement) },
  );
}

/**
 * Where the machine's CPUs are short, agents go first: all nodes share them, and a generator that waits for a CPU would
 * measure its own waiting. On 2 CPUs, 600 producers at 10 messages per second: schedule lag p99 5 ms instead of 71.
 */
const CPU_SHARES = { agent: 262_144, broker: 1_024, monitor: 1_024 };

function nodeContainer(
  node: LocalNodeSettings,
  volume: docker.Volume,
  { prefix, subnet, installation, owner, network }: LocalNodeArgs,
  options: pulumi.CustomResourceOptions,
  generationLabel: Record<string, string>,
): docker.Container {
  return new docker.Container(
    `${node.name}-machine`,
    {
      name: containerName(prefix, node.name),
      hostname: node.name,
      // An id, because the engine reports one: a name would differ from it at every refresh.
      image: installation.testbedImages.node.id,
      restart: "unless-stopped",
      capabilities: { adds: CAPABILITIES.map((capability) => `CAP_${capability}`) },
      securityOpts: ["seccomp=unconfined", "apparmor=unconfined"],
      tmpfs: { "/run": "", "/tmp": "exec" },
      mounts: [
        { type: "volume", source: volume.name, target: "/var/lib/docker" },
        {
          type: "bind",
          source: path.join(installation.directory, "ssh/node"),
          target: "/etc/swarmbench/ssh",
          readOnly: true,
        },
      ],
      networksAdvanced: [{ name: network.name, ipv4Address: node.address }],
      ports: [{ internal: 22, external: node.sshPort, ip: "127.0.0.1", protocol: "tcp" }],
      envs: [`SWARMBENCH_REGISTRIES=${subnet}`],
      labels: labels(owner, generationLabel),
      cpuShares: CPU_SHARES[node.role],
      ...(node.memoryMiB ? { memory: node.memoryMiB, memorySwap: node.memoryMiB } : {}),
      ...(node.cpus ? { cpus: String(node.cpus) } : {}),
    },
    options,
  );
}
