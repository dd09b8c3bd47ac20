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
import { labels, type Owner, removePreviousFirst } from "../../lib/ownership.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { refuseOlderClaim } from "./claim.ts";
import { shapeLinkScript } from "./linkScripts.ts";
import { type DockerState, findOwn } from "./localState.ts";
import { waitForEngineScript } from "./scripts.ts";

/** Capabilities that a node needs beyond those of an ordinary container. `--privileged` is not used: some machines refuse it. */
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

/** Arguments that all local nodes share. */
export interface LocalTestbedArgs extends Omit<LocalSettings, "kind"> {
  /** Prefix of the names of Docker objects on this machine. */
  prefix: string;
  installation: Installation;
  owner: Owner;
  /** State of this machine's Docker engine at program start. */
  state: DockerState;
  /** Names of containers that run but do not answer. They are replaced. */
  unreachable: ReadonlySet<string>;
}

interface LocalNodeArgs extends LocalTestbedArgs {
  network: docker.Network;
}

/** Name of a node's container and volume on this machine. */
export function containerName(prefix: string, node: string): string {
  return `${prefix}-${node}`;
}

/** SSH endpoint of a local node: a port on loopback, with the installation's keys. */
export function localEndpoint({ sshPort }: LocalNodeSettings, { directory }: Installation): SshEndpoint {
  return {
    host: "127.0.0.1",
    port: sshPort,
    user: "root",
    sudo: false,
    configFile: path.join(directory, "ssh/config"),
  };
}

/** Declares one node: a volume for its engine, the container, a wait for SSH and the engine, and the shape of its link. */
export function localNode(
  node: LocalNodeSettings,
  args: LocalNodeArgs,
  shared: pulumi.CustomResourceOptions,
): Node {
  const { prefix, installation, owner, state, unreachable } = args;
  const name = containerName(prefix, node.name);
  const running = findOwn(owner, state.containers, name)?.running ?? false;
  const replacement = replaceUnless(running && !unreachable.has(name));
  const volume = nodeVolume(name, node, args, shared);
  const container = nodeContainer(
    node,
    volume,
    args,
    {
      ...shared,
      ...replacedBy(replacement),
      hooks: removePreviousFirst("container", name, owner, localDocker(installation.engineHost, exec)),
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
  // Also declared without a shape, to remove a previous one before the benchmark. Pulumi deletes resources only at the end of
  // `up`.
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
    container: name,
    ownClock: false, // containers share the machine's clock and cannot set it (no SYS_TIME)
    ready: outputOf(link), // the output of `ready`, but only after the link is shaped
    machine: container,
  };
}

/** The volume for the engine's data, which includes its swarm membership. It survives a replacement of the container. */
function nodeVolume(
  name: string,
  node: LocalNodeSettings,
  { owner, state, network, installation }: LocalNodeArgs,
  shared: pulumi.CustomResourceOptions,
): docker.Volume {
  // Otherwise Docker would create a missing volume when the container starts, without the stack's labels.
  const replacement = replaceUnless(findOwn(owner, state.volumes, name) !== undefined);
  return new docker.Volume(
    `${node.name}-engine`,
    { name, labels: labels(owner, generation(replacement)) },
    {
      ...shared,
      ...replacedBy(replacement),
      // Docker returns a volume of this name that exists, even if another checkout has just created it.
      dependsOn: [network],
      hooks: refuseOlderClaim(name, owner, localDocker(installation.engineHost, exec)),
    },
  );
}

/**
 * CPU shares by role. All nodes share the machine's CPUs, so agents get priority: a load generator that waits for a CPU measures
 * its own waiting. On 2 CPUs with 600 producers at 10 messages per second, p99 of the schedule lag is 5 ms instead of 71 ms.
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
      // By id, because the engine reports the id: a name would differ at every refresh.
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
      memory: node.memoryMiB || undefined,
      memorySwap: node.memoryMiB || undefined,
      cpus: node.cpus ? cpuCount(node.cpus) : undefined,
    },
    options,
  );
}

/** A number of CPUs as the Docker provider reads it back: with at least one decimal. `1` would replace the node at every `up`. */
export function cpuCount(cpus: number): string {
  return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}
