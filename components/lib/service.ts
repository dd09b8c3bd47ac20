import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../config/nodes.ts";
import type { Limits } from "../../config/services.ts";
import type { Node } from "./node.ts";
import { labels } from "./ownership.ts";
import { inSwarm, type Site, withoutLeftover } from "./site.ts";

/** A file that swarm puts into every task: a secret, which is in memory only, or a config. */
export interface TaskFile {
  /** Absolute path; a secret's is below /run/secrets. */
  path: string;
  source: docker.Secret | docker.ServiceConfig;
}

export interface TaskMount {
  type: "volume" | "bind";
  source: pulumi.Input<string>;
  target: string;
  readOnly?: boolean;
}

/** Tasks that swarm spreads evenly over the nodes of a role; where no node has it, they are on the manager. */
export interface Spread {
  role: Role;
  replicas: number;
}

export interface ServiceArgs {
  site: Site;
  /** Its name in the swarm, and its host name on the overlay network. */
  name: string;
  /** By digest, so that what runs is what was meant. */
  image: pulumi.Input<string>;
  arguments?: pulumi.Input<string>[];
  environment?: Record<string, pulumi.Input<string>>;
  user?: string;
  /** Ids of the networks that it is on; the stack's overlay network unless given. */
  networks?: pulumi.Input<string>[];
  /** The node it is pinned to, or all: one task a node, or so many tasks on the nodes of a role. */
  on: Node | "every node" | Spread;
  limits: Limits;
  mounts?: TaskMount[];
  files?: TaskFile[];
  /** Ports of the node, beside the overlay network where every port is reached; nothing is published by default. */
  ports?: { published: number; target: number }[];
  /**
   * Command that tells whether a task serves. Swarm gives a task's name to the network only once it is healthy, and
   * replaces a task that is not. Absent where nothing but the process itself can be trusted to tell.
   */
  health?: string[];
  /** How long a task may take to end before it is killed. */
  stopGraceSec?: number;
  /** Whether `up` waits until the task runs and is healthy. Not where a probe of its own says more. */
  converge?: boolean;
}

/** Swarm's tasks are looked at this often while `up` waits; a delay below five seconds is refused by the provider. */
const CONVERGE = { delay: "5s", timeout: "3m" };
/** Short: swarm calls a task running only at its first healthy answer. */
const HEALTH = { interval: "2s", timeout: "5s", startPeriod: "90s", retries: 15 };

/**
 * Declares a service of the swarm: the one door to `docker.Service`.
 *
 * An update stops the old task before the new one starts, since both would have the same volume. Names are found by
 * DNS (`dnsrr`) and ports are the nodes' own: some kernels lack IP_VS, which virtual addresses need.
 */
export function service(
  name: string,
  args: ServiceArgs,
  parent: pulumi.Resource,
  options: pulumi.CustomResourceOptions = {},
): docker.Service {
  const { site, on, converge = true, ports = [] } = args;
  return new docker.Service(
    name,
    {
      name: args.name,
      taskSpec: {
        containerSpec: containerSpec(args),
        networksAdvanceds: (args.networks ?? [site.swarm.network.id]).map((network) => ({ name: network })),
        placement: placementOn(on, site),
        ...resources(args.limits),
        restartPolicy: { condition: "any", delay: "1s", window: "5s" },
      },
      mode: on === "every node" ? { global: true } : { replicated: { replicas: replicasOn(on) } },
      endpointSpec: {
        mode: "dnsrr",
        ports: ports.map(({ published, target }) => ({
          publishedPort: published,
          targetPort: target,
          publishMode: "host",
        })),
      },
      updateConfig: { order: "stop-first", parallelism: 1, failureAction: "pause" },
      labels: labels(site.owner),
      convergeConfig: converge && on !== "every node" ? CONVERGE : undefined,
    },
    {
      ...inSwarm(site, parent),
      deleteBeforeReplace: true,
      hooks: withoutLeftover(site, args.name),
      // The engine's, which the client adds from what the registry says of the image.
      ignoreChanges: ["taskSpec.placement.platforms"],
      ...options,
    },
  );
}

function placementOn(on: ServiceArgs["on"], { nodes }: Site): { constraints?: string[] } {
  if (on === "every node") return {};
  if (!isSpread(on)) return { constraints: [`node.hostname==${on.hostname}`] };
  const constraint = nodes.some(({ role }) => role === on.role)
    ? `node.labels.role==${on.role}`
    : `node.hostname==${nodes[0].hostname}`;
  return { constraints: [constraint] };
}

function replicasOn(on: Node | Spread): number {
  return isSpread(on) ? on.replicas : 1;
}

function isSpread(on: Node | Spread): on is Spread {
  return "replicas" in on;
}

function containerSpec({ site, ...args }: ServiceArgs) {
  const { files = [], mounts = [] } = args;
  const secrets = files.filter((file) => file.source instanceof docker.Secret);
  const configs = files.filter((file) => file.source instanceof docker.ServiceConfig);
  return {
    image: args.image,
    args: args.arguments || undefined,
    env: args.environment ?? {},
    user: args.user || undefined,
    labels: labels(site.owner),
    mounts: mounts.map(({ type, source, target, readOnly = false }) => ({ type, source, target, readOnly })),
    secrets: secrets.map(({ path, source }) => ({
      secretId: source.id,
      secretName: source.name,
      fileName: path,
    })),
    configs: configs.map(({ path, source }) => ({
      configId: source.id,
      configName: source.name,
      fileName: path,
    })),
    healthcheck: args.health ? { tests: ["CMD", ...args.health], ...HEALTH } : undefined,
    stopGracePeriod: `${args.stopGraceSec ?? 10}s`,
  };
}

/** 0 is no limit. Always given: of a limit that is left out the Terraform provider keeps the one before. */
function resources({ cpus = 0, memoryMiB = 0 }: Limits) {
  return {
    resources: {
      limits: { nanoCpus: Math.round(cpus * 1e9), memoryBytes: memoryMiB * 1024 * 1024 },
    },
  };
}
