import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../config/nodes.ts";
import type { Limits } from "../../config/services/index.ts";
import { type Deployment, inSwarm, withoutLeftover } from "./deployment.ts";
import type { Node } from "./node.ts";
import { labels } from "./ownership.ts";

/** A file that swarm adds to every task: a secret, which is kept in memory only, or a config. */
export interface TaskFile {
  /** Absolute path. Secrets must be below /run/secrets. */
  path: string;
  source: docker.Secret | docker.ServiceConfig;
}

/** A volume, or a directory of the node, that is mounted into a task. */
export interface TaskMount {
  type: "volume" | "bind";
  source: pulumi.Input<string>;
  target: string;
  readOnly?: boolean;
}

/** Tasks that swarm spreads evenly over the nodes of a role. Without a node of that role they run on the manager. */
interface Spread {
  role: Role;
  replicas: number;
}

/** The settings of a service that a {@link Transform} may change before the service is declared. */
export interface TaskSettings {
  /** Command arguments. @default the image's */
  arguments: pulumi.Input<string>[];
  environment: Record<string, pulumi.Input<string>>;
  mounts: TaskMount[];
  files: TaskFile[];
  limits: Limits;
  /** Ids of the networks to attach. @default the stack's overlay network */
  networks: pulumi.Input<string>[];
  /** Ports to publish on the node. Inside the overlay network every port is reachable anyway. @default none */
  ports: { published: number; target: number }[];
  /** @default the image's user */
  user?: string;
  /** Seconds a task may take to stop before it is killed. @default 10 */
  stopGraceSec: number;
}

/**
 * Changes a service before it is declared, for options that have no setting. It receives a copy of the service's settings and
 * either modifies the copy or returns new settings.
 *
 * @example
 * // in index.ts, which passes them to deployStack
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

/** A transform for each service that a component declares. Most components declare one service, or several similar ones. */
export type Transforms<Name extends string = "service"> = { [N in Name]?: Transform };

/** Arguments of {@link service}. Absent task settings take their defaults. */
export interface ServiceArgs extends Partial<TaskSettings> {
  deployment: Deployment;
  /** Service name in the swarm, and host name on the overlay network. */
  name: string;
  /** Image reference with digest. */
  image: pulumi.Input<string>;
  /** Where tasks run: one task on this node, one on every node, or several spread over the nodes of a role. */
  on: Node | "every node" | Spread;
  limits: Limits;
  /** Whether `up` waits until the task runs. Turn off if the component has a more precise probe. @default true */
  converge?: boolean;
  transform?: Transform;
}

/** A declared service. */
export interface DeclaredService {
  resource: docker.Service;
  /** Service id. Changes of the settings do not change it. */
  id: pulumi.Output<string>;
  /** A digest of the settings, for jobs that must run again when the settings change. */
  settings: pulumi.Output<string>;
}

/** How often `up` checks whether tasks converged, and for how long. The provider rejects delays below five seconds. */
const CONVERGE = { delay: "5s", timeout: "3m" };

/** Explicit, because the Terraform provider keeps the previous block if it is omitted. The fields are as the provider reads them back. */
const NO_HEALTH_CHECK = { tests: ["NONE"], interval: "0s", timeout: "0s", startPeriod: "0s", retries: 0 };

/**
 * Applies the transform and declares the swarm service. No other code creates a `docker.Service`.
 *
 * Services have no health checks: each check starts a process in the container, which on a small machine takes CPU time
 * from what is measured. A readiness job proves at `up` that a service works, and swarm restarts a task whose process ends.
 *
 * An update stops the old task before it starts the new one, because both use the same volume. Names resolve through DNS
 * (`dnsrr`) and ports are published in host mode, because virtual IPs need IP_VS, which some kernels lack.
 */
export function service(
  name: string,
  args: ServiceArgs,
  parent: pulumi.Resource,
  options: pulumi.CustomResourceOptions = {},
): DeclaredService {
  const { deployment, on, converge = true } = args;
  const task = transformed(args);
  const resource = new docker.Service(
    name,
    {
      name: args.name,
      taskSpec: {
        containerSpec: containerSpec(args, task),
        networksAdvanceds: task.networks.map((network) => ({ name: network })),
        placement: placementOn(on, deployment),
        resources: resources(task.limits),
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
      labels: labels(deployment.owner),
      convergeConfig: converge && on !== "every node" ? CONVERGE : undefined,
    },
    {
      ...inSwarm(deployment, parent),
      deleteBeforeReplace: true,
      hooks: withoutLeftover(deployment, args.name),
      // The Docker client adds the platforms that the registry lists for the image.
      ignoreChanges: ["taskSpec.placement.platforms"],
      ...options,
    },
  );
  const files = task.files.map(({ path, source }) => ({ path, id: source.id }));
  const settings = pulumi.output({ ...task, files }).apply(digestOf);
  return { resource, id: resource.id, settings };
}

/** Applies the transform to copies of the settings, because a component may share one object between services. */
function transformed(args: ServiceArgs): TaskSettings {
  const copy: TaskSettings = {
    arguments: [...(args.arguments ?? [])],
    environment: { ...args.environment },
    mounts: (args.mounts ?? []).map((mount) => ({ ...mount })),
    files: (args.files ?? []).map((file) => ({ ...file })),
    limits: { ...args.limits },
    networks: [...(args.networks ?? [args.deployment.swarm.network.id])],
    ports: (args.ports ?? []).map((port) => ({ ...port })),
    user: args.user,
    stopGraceSec: args.stopGraceSec ?? 10,
  };
  return args.transform?.(copy) ?? copy;
}

/** A digest of a value: the first 16 hexadecimal digits of SHA-256 over its JSON. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

function placementOn(on: ServiceArgs["on"], { nodes }: Deployment): { constraints?: string[] } {
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

function containerSpec({ deployment, image }: ServiceArgs, task: TaskSettings) {
  const secrets = task.files.filter((file) => file.source instanceof docker.Secret);
  const configs = task.files.filter((file) => file.source instanceof docker.ServiceConfig);
  return {
    image,
    args: task.arguments.length > 0 ? task.arguments : undefined,
    env: task.environment,
    user: task.user,
    labels: labels(deployment.owner),
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

/** Limits as Docker expects them, where 0 means no limit. Always set: the provider keeps the old value of an omitted limit. */
function resources({ cpus = 0, memoryMiB = 0 }: Limits) {
  return { limits: { nanoCpus: Math.round(cpus * 1e9), memoryBytes: memoryMiB * 1024 * 1024 } };
}
