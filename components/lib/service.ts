import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../config/nodes.ts";
import type { Limits } from "../../config/services/index.ts";
import { inSwarm, type Site, withoutLeftover } from "./deployment.ts";
import type { Node } from "./node.ts";
import { labels } from "./ownership.ts";

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
interface Spread {
  role: Role;
  replicas: number;
}

/** What a {@link Transform} may change of a service before it is declared. */
export interface TaskSettings {
  /** Those of the image where empty. */
  arguments: pulumi.Input<string>[];
  environment: Record<string, pulumi.Input<string>>;
  mounts: TaskMount[];
  files: TaskFile[];
  limits: Limits;
  /** Ids of the networks that it is on; the stack's overlay network unless given. */
  networks: pulumi.Input<string>[];
  /** Ports of the node, beside the overlay network where every port is reached; nothing is published by default. */
  ports: { published: number; target: number }[];
  /** The image's where absent. */
  user?: string;
  /** Seconds that a task may take to end before it is killed. @default 10 */
  stopGraceSec: number;
}

/**
 * Changes a service before it is declared, for what no setting covers. It gets a copy of the service's settings, which
 * it may change in place, or returns others.
 *
 * @example
 * // in index.ts, which passes them on to deployStack
 * const transforms: StackTransforms = {
 *   kafka: {
 *     service: (task) => {
 *       task.environment.KAFKA_JVM_PERFORMANCE_OPTS = "-XX:+UseZGC";
 *       task.mounts.push({ type: "bind", source: "/mnt/nvme", target: "/var/lib/fast" });
 *     },
 *   },
 *   influxdb: { service: (task) => ({ ...task, arguments: ["--storage-wal-fsync-delay=100ms"] }) },
 * };
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a transform that changes its copy returns nothing
export type Transform = (task: TaskSettings) => TaskSettings | void;

/** A transform for each service that a component declares; most declare one, or several that are alike. */
export type Transforms<Name extends string = "service"> = { [N in Name]?: Transform };

export interface ServiceArgs extends Partial<TaskSettings> {
  site: Site;
  /** Its name in the swarm, and its host name on the overlay network. */
  name: string;
  /** By digest, so that what runs is what was meant. */
  image: pulumi.Input<string>;
  /** The node it is pinned to, or all: one task a node, or so many tasks on the nodes of a role. */
  on: Node | "every node" | Spread;
  limits: Limits;
  /** Whether `up` waits until the task runs. Not where a probe of its own says more. */
  converge?: boolean;
  transform?: Transform;
}

/** A service that was declared. */
export interface DeclaredService {
  resource: docker.Service;
  /** Stays the same while its settings change. */
  id: pulumi.Output<string>;
  /** A digest of its settings, for a job that must run again when they change. */
  settings: pulumi.Output<string>;
}

/** Swarm's tasks are looked at this often while `up` waits; a delay below five seconds is refused by the provider. */
const CONVERGE = { delay: "5s", timeout: "3m" };

/** Explicit: of a block that is left out the Terraform provider keeps the one before. Fields as the provider reads them back. */
const NO_HEALTH_CHECK = { tests: ["NONE"], interval: "0s", timeout: "0s", startPeriod: "0s", retries: 0 };

/**
 * Declares a service of the swarm, after its transform: the only place that creates a `docker.Service`.
 *
 * Services have no health checks: each check starts a process in the container, which on a small machine takes CPU time
 * from what is measured. A readiness job proves at `up` that a service works; swarm restarts a task whose process ends.
 *
 * An update stops the old task before the new one starts, since both would have the same volume. Names are found by
 * DNS (`dnsrr`) and ports are the nodes' own: some kernels lack IP_VS, which virtual addresses need.
 */
export function service(
  name: string,
  args: ServiceArgs,
  parent: pulumi.Resource,
  options: pulumi.CustomResourceOptions = {},
): DeclaredService {
  const { site, on, converge = true } = args;
  const task = transformed(args);
  const resource = new docker.Service(
    name,
    {
      name: args.name,
      taskSpec: {
        containerSpec: containerSpec(args, task),
        networksAdvanceds: task.networks.map((network) => ({ name: network })),
        placement: placementOn(on, site),
        ...resources(task.limits),
        restartPolicy: { condition: "any", delay: "1s", window: "5s" },
      },
      mode: on === "every node" ? { global: true } : { replicated: { replicas: replicasOn(on) } },
      endpointSpec: {
        mode: "dnsrr",
        ports: task.ports.map(({ published, target }) => ({
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
  const files = task.files.map(({ path, source }) => ({ path, id: source.id }));
  const settings = pulumi.output({ ...task, files }).apply(digestOf);
  return { resource, id: resource.id, settings };
}

/** The settings after the transform, which gets copies: the component may use one object for several services. */
function transformed(args: ServiceArgs): TaskSettings {
  const copy: TaskSettings = {
    arguments: [...(args.arguments ?? [])],
    environment: { ...args.environment },
    mounts: (args.mounts ?? []).map((mount) => ({ ...mount })),
    files: (args.files ?? []).map((file) => ({ ...file })),
    limits: { ...args.limits },
    networks: [...(args.networks ?? [args.site.swarm.network.id])],
    ports: (args.ports ?? []).map((port) => ({ ...port })),
    user: args.user,
    stopGraceSec: args.stopGraceSec ?? 10,
  };
  return args.transform?.(copy) ?? copy;
}

/** 16 hexadecimal digits that are others when the value is another. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
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

function containerSpec({ site, image }: ServiceArgs, task: TaskSettings) {
  const secrets = task.files.filter((file) => file.source instanceof docker.Secret);
  const configs = task.files.filter((file) => file.source instanceof docker.ServiceConfig);
  return {
    image,
    args: task.arguments.length > 0 ? task.arguments : undefined,
    env: task.environment,
    user: task.user,
    labels: labels(site.owner),
    mounts: task.mounts.map(({ type, source, target, readOnly = false }) => ({
      type,
      source,
      target,
      readOnly,
    })),
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
    stopGracePeriod: `${task.stopGraceSec}s`,
    healthcheck: NO_HEALTH_CHECK,
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
