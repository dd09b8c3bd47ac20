import * as pulumi from "@pulumi/pulumi";
import { STACK_IMAGES, UNCHANGED_IMAGES } from "../../cli/setup/imageDefinitions.ts";
import type { Deployment } from "../../components/lib/deployment.ts";
import { hostNetworkId } from "../../components/lib/hostNetwork.ts";
import type { Node } from "../../components/lib/node.ts";
import type { Owner } from "../../components/lib/ownership.ts";
import { Images } from "../../components/swarm/images.ts";
import { Registry } from "../../components/swarm/registry.ts";
import { Swarm } from "../../components/swarm/swarm.ts";
import type { Role } from "../../config/nodes.ts";
import type { NetworkName } from "../../contract/network.ts";
import { type Declared, declare, outputValue } from "./mocks.ts";

export const owner: Owner = { prefix: "swarmbench-ann-test", directory: "/home/ann/bench" };
/** The swarm's id. When it changes, everything in the swarm is replaced. */
export const SWARM_ID = "node1-init-printed";
/** The images that every installation has. */
export const CORE_IMAGES = Object.keys(STACK_IMAGES);
/** The images of an installation that also has the official images that services run unchanged. */
export const ALL_IMAGES = [...CORE_IMAGES, ...Object.keys(UNCHANGED_IMAGES)];
export const ROLES: Role[] = ["monitor", "broker", "broker", "broker", "agent"];

export interface FakeDeployment {
  /** Role of each node; the first is the manager. @default one monitor, three brokers, one agent */
  roles?: Role[];
  /** @default {@link CORE_IMAGES} */
  images?: string[];
  /** The network of brokers and agents. @default "overlay" */
  network?: NetworkName;
}

export const stored = (part: string) => ({
  digest: `sha256:${part}`,
  repository: `swarmbench/${part}`,
  tree: `/cache/images/${part}`,
});
/** The name with which services refer to an image. */
export const imageOf = (part: string) => `10.9.8.10:5000/swarmbench/${part}@sha256:${part}`;

/** Prefix of all secrets of fake resources, so that a search finds all of them. */
const SECRET = "fakesecret";
/** A secret of a fake resource. */
export const secretOf = (name: string, what: string) => `${SECRET}-${what}-${name}`;
export const fakeTokens = {
  operator: secretOf("influxdb", "operator"),
  write: secretOf("influxdb", "write"),
  read: secretOf("influxdb", "read"),
};
export const fakeCertificate = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n`;
export const fakeBundle = (name: string) =>
  `-----BEGIN PRIVATE KEY-----\n${secretOf(name, "key")}\n${fakeCertificate(name)}`;

/** Declares resources on a fake deployment target with a swarm, a registry and images. */
export async function declareOn<T>(
  program: (deployment: Deployment) => T,
  options: FakeDeployment = {},
): Promise<Program<T>> {
  const { resources, result } = await declare(() => program(deploymentOf(options)), outputOf);
  return new Program(resources, result);
}

/** Declares resources on fake nodes only. */
export async function declareOnNodes<T>(
  program: (nodes: [Node, ...Node[]]) => T,
  roles = ROLES,
): Promise<Program<T>> {
  const { resources, result } = await declare(() => program(nodesOf(roles)), outputOf);
  return new Program(resources, result);
}

/** The declared resources, by `Kind name`. */
export class Program<T> {
  readonly resources: Map<string, Declared>;
  readonly result: T;

  constructor(resources: Map<string, Declared>, result: T) {
    this.resources = resources;
    this.result = result;
  }

  get(name: string): Declared {
    const found = this.resources.get(name);
    if (!found) throw new Error(`${name} is not among ${[...this.resources.keys()].join(", ")}`);
    return found;
  }

  all(kind: string): Declared[] {
    return [...this.resources.values()].filter((resource) => resource.kind === kind);
  }

  /** The container specification of a swarm service. */
  container(name: string): Record<string, unknown> {
    return (this.get(`Service ${name}`).inputs.taskSpec as { containerSpec: Record<string, unknown> })
      .containerSpec;
  }

  /** The input of a job. */
  jobInput(name: string): Record<string, unknown> {
    return this.jobOf(name).input;
  }

  /** The job that a command runs in the bench image, and its input. */
  jobOf(name: string): { job: string; input: Record<string, unknown> } {
    const script = String(this.get(`Command ${name}`).inputs.stdin);
    const job = /^JOB='(.*)'$/m.exec(script)?.[1] ?? "";
    const quoted = /^INPUT='(.*)'$/m.exec(script)?.[1];
    if (quoted === undefined) throw new Error(`no input of a job in: ${script}`);
    return { job, input: JSON.parse(quoted.replaceAll("'\\''", "'")) };
  }

  /** All resources that a resource waits for, directly or indirectly. */
  waitsFor(name: string, seen = new Set<string>()): Set<string> {
    for (const dependency of this.resources.get(name)?.dependencies ?? []) {
      if (seen.has(dependency)) continue;
      seen.add(dependency);
      this.waitsFor(dependency, seen);
    }
    return seen;
  }

  /** The resources on which an output depends directly. */
  async dependenciesOf(output: pulumi.Output<unknown>): Promise<string[]> {
    const { allResources } = output as unknown as { allResources(): Promise<Set<pulumi.Resource>> }; // not in its types
    const waited = [...(await allResources.call(output))].map(async (resource) => {
      const [, , type = "", name = ""] = (await outputValue(resource.urn)).split("::");
      return `${type.split(":").at(-1)} ${name}`;
    });
    return Promise.all(waited);
  }

  /** Names of the resources in which a secret of a fake resource can be read, in clear text or in base 64. */
  get leaks(): string[] {
    const inBase64 = /[A-Za-z0-9+/]{16,}={0,2}/g;
    const decoded = (text: string) =>
      (text.match(inBase64) ?? []).map((word) => Buffer.from(word, "base64").toString("latin1")).join();
    return [...this.resources]
      .filter(([, { open }]) => open.includes(SECRET) || decoded(open).includes(SECRET))
      .map(([name]) => name);
  }
}

/** The text of a task's file, which is base 64 in its resource. */
export function fileText({ inputs }: Declared): string {
  return Buffer.from(String(inputs.data), "base64").toString();
}

export function labelsOf({ inputs }: Declared): Record<string, string> {
  const list = inputs.labels as { label: string; value: string }[];
  return Object.fromEntries(list.map(({ label, value }) => [label, value]));
}

/** For each value, whether it is a secret or contains one. */
export async function secrecy(values: Record<string, unknown>) {
  const entries = Object.entries(values).map(async ([name, value]) => {
    const output = pulumi.output(value);
    await outputValue(output);
    return [name, await pulumi.isSecret(output)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function deploymentOf({
  roles = ROLES,
  images = CORE_IMAGES,
  network = "overlay",
}: FakeDeployment): Deployment {
  const nodes = nodesOf(roles);
  const swarm = new Swarm("swarm", {
    nodes,
    owner,
    lifetime: nodes[0].machine,
    settings: {
      network,
      addressPool: "10.176.0.0/16",
      drainTimeoutSec: 60,
      dataPathPort: 4789,
      registryPort: 5000,
    },
    state: { reports: new Map() },
  });
  const registry = new Registry("registry", {
    swarm,
    owner,
    port: 5000,
    image: { tag: "registry:1", id: "sha256:registry" },
    engineHost: "unix:///run/docker.sock",
  });
  const parts = Object.fromEntries(images.map((part) => [part, stored(part)]));
  const deployment: Deployment = {
    swarm,
    nodes,
    owner,
    images: new Images("images", { swarm, registry, images: parts }),
    declared: { services: [], files: [] },
  };
  if (network === "host") deployment.hostNetwork = hostNetworkId(deployment, {});
  return deployment;
}

function nodesOf(roles: Role[]): [Node, ...Node[]] {
  const [manager, ...workers] = roles.map(fakeNode);
  if (!manager) throw new Error("a deployment has a node");
  return [manager, ...workers];
}

class Machine extends pulumi.CustomResource {
  declare readonly ready: pulumi.Output<string>;
  constructor(name: string) {
    super("test:index:Machine", name, { ready: `${name}-ready` });
  }
}

function fakeNode(role: Role, index: number): Node {
  const name = `node${index + 1}`;
  const machine = new Machine(name);
  return {
    name,
    hostname: name,
    role,
    labels: {},
    machine,
    address: `10.9.8.${10 + index}`,
    ready: machine.ready,
    ownClock: false,
    ssh: {
      host: "127.0.0.1",
      port: 22000 + index,
      user: "root",
      sudo: false,
      configFile: "/home/ann/ssh-config",
    },
  };
}

/** The outputs of fake resources. */
function outputOf(type: string, name: string): Record<string, unknown> {
  if (/:(Secret|ServiceConfig)$/.test(type)) return { name: `${name}-drawn` };
  if (!type.endsWith(":Command")) return {};
  if (/-(password|secret-key)$|^token-value$/.test(name)) {
    return { stdout: `0 ${secretOf(name, "current")} ${secretOf(name, "previous")}\n` };
  }
  if (/-(ca|certificate)$/.test(name)) return { stdout: fakeBundle(name) };
  if (name === "benchmark-run") return { stdout: JSON.stringify({ run: "fake" }) };
  if (name === "influxdb-tokens") return { stdout: JSON.stringify({ tokens: fakeTokens }) };
  return { stdout: `${name}-printed\n` };
}
