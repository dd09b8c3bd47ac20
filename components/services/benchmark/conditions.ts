import type { Settings } from "../../../config/settings.ts";
import type { BenchPlan } from "../../../contract/request.ts";
import { stackSite } from "../../../testbeds/oar/names.ts";
import { loadNetwork } from "../../lib/deployment.ts";
import type { StoredImage } from "../../lib/installation.ts";
import type { Owner } from "../../lib/ownership.ts";
import type { Context, StackSettings } from "../descriptor.ts";
import { PROXY_IMAGE } from "../kafka/index.ts";
import type { ReservedNodes } from "./benchmark.ts";

/**
 * Returns the conditions that can change the results: images, settings, nodes. A run records them, and the benchmark
 * runs again when they change.
 */
export function conditionsOf({
  stack,
  installation,
  images,
  deployment,
}: Pick<Context<unknown>, "stack" | "installation" | "images" | "deployment">): BenchPlan["conditions"] {
  // The proxy only runs in a calibration.
  const { [PROXY_IMAGE]: _, ...measured } = images;
  return {
    source: installation.source,
    images: imageNames(measured),
    settings: {
      ...relevantSettings(stack),
      network: loadNetwork(deployment),
      clockSync: stack.clockSync.kind,
      testbed: describeTestbed(stack.testbed),
    },
    nodes: deployment.nodes.map(({ hostname, role }) => ({ name: hostname, role })),
  };
}

/**
 * The CPU limit of a broker, in CPUs: that of its service or of its node, the smaller one.
 *
 * @returns undefined if neither has one
 */
export function brokerCpuLimit(
  broker: string,
  brokers: readonly { name: string; node: string }[],
  { stack, deployment }: Pick<Context<unknown>, "stack" | "deployment">,
): number | undefined {
  const hostname = brokers.find(({ name }) => name === broker)?.node;
  const node = deployment.nodes.find((each) => each.hostname === hostname)?.name;
  const ofNode = stack.nodes.find(({ name }) => name === node)?.cpus;
  const limits = [stack.services.kafka?.limits.cpus, ofNode].filter((limit) => limit !== undefined);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** Returns the reservation that must outlast a run; undefined if the nodes are not reserved through OAR. */
export function reservedNodes(testbed: Settings["testbed"], owner: Owner): ReservedNodes | undefined {
  if (testbed.kind !== "oar") return undefined;
  const { sites, extend } = testbed;
  return { sites: sites.map((site) => stackSite(site, owner)), extend };
}

/** The testbed's kind and, for OAR, its frontends, as shown to readers of the results. */
function describeTestbed(testbed: Settings["testbed"]): { kind: string; where?: string } {
  const { kind } = testbed;
  if (testbed.kind !== "oar") return { kind };
  return { kind, where: testbed.sites.map(({ settings }) => settings.frontend).join(", ") };
}

function imageNames(images: Readonly<Record<string, StoredImage>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(images).map(([name, { repository, digest }]) => [name, `${repository}@${digest}`]),
  );
}

/** The settings of the brokers, the agents and their nodes. */
function relevantSettings({ services, bench, nodes }: StackSettings): Record<string, unknown> {
  const { rotation: _, externalPort: __, externalAccess: ___, ...broker } = services.kafka ?? { rotation: 0 };
  const machines = nodes.map(({ name, role, cpus, memoryMiB, network }) => ({
    name,
    role,
    cpus,
    memoryMiB,
    network,
  }));
  return { nodes: machines, kafka: broker, producers: bench?.producers, consumers: bench?.consumers };
}
