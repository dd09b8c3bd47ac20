// Whether the services fit on nodes whose size the configuration sets.
import { placementError, planCluster } from "./kafka/topology.ts";
import type { NodeSettings } from "./nodes.ts";
import type { ParsedSettings } from "./schema.ts";

interface ServiceLimits {
  cpus?: number;
  memory?: number;
}

/**
 * Returns errors of services that need more than their nodes have, as lines of `path: what is wrong`. Nodes whose size the
 * configuration does not set are not checked here.
 */
export function capacityErrors(parsed: Partial<ParsedSettings>, nodes: readonly NodeSettings[]): string[] {
  if (nodes.length === 0) return [];
  const { kafka, influxdb, telegraf, grafana, portainer, producers, consumers } = parsed;
  const monitors = homesOf("monitor", nodes);
  const agents = nodes.filter(({ role }) => role === "agent");
  const agentNodes = agents.length > 0 ? agents : nodes.slice(0, 1);
  const isOn = <T extends { enabled?: boolean }>(service: T | undefined) =>
    service?.enabled === false ? undefined : service;
  const errors = [
    ...limitErrors("influxdb", isOn(influxdb), monitors),
    ...limitErrors("telegraf", isOn(telegraf), nodes),
    ...limitErrors("grafana", isOn(grafana), monitors),
    ...limitErrors("portainer", isOn(portainer), nodes),
  ];
  if (!kafka?.enabled) return errors;
  const members = memberNodes(kafka.brokers, nodes);
  errors.push(
    ...limitErrors("kafka", kafka, members),
    ...heapErrors(kafka.heap, members),
    ...limitErrors("producers", producers, agentNodes),
    ...limitErrors("consumers", consumers, agentNodes),
  );
  return errors;
}

function homesOf(role: NodeSettings["role"], nodes: readonly NodeSettings[]): NodeSettings[] {
  return [nodes.find((node) => node.role === role) ?? nodes[0]].filter((node) => node !== undefined);
}

/** The nodes of all Kafka servers; none if the brokers do not fit, which is an error of its own. */
function memberNodes(brokers: number, nodes: readonly NodeSettings[]): NodeSettings[] {
  if (placementError({ brokers, nodes }) !== undefined) return [];
  const candidates = nodes.map(({ name, role }) => ({ name, role, address: "" }));
  const names = new Set(planCluster({ brokers, nodes: candidates }).members.map(({ node }) => node.name));
  return nodes.filter(({ name }) => names.has(name));
}

function limitErrors(
  key: string,
  limits: ServiceLimits | undefined,
  nodes: readonly NodeSettings[],
): string[] {
  const { cpus, memory } = limits ?? {};
  const errors: string[] = [];
  const small = nodes.find((node) => node.cpus !== undefined && cpus !== undefined && cpus > node.cpus);
  if (small) {
    errors.push(
      `swarmbench:${key}.cpus: ${cpus} CPUs are more than ${small.name} has (${small.cpus}); lower it, or raise testbed.cpus`,
    );
  }
  const narrow = nodes.find(
    ({ memoryMiB }) => memoryMiB !== undefined && memory !== undefined && memory > memoryMiB,
  );
  if (narrow) {
    errors.push(
      `swarmbench:${key}.memory: ${memory} MiB are more than ${narrow.name} has (${narrow.memoryMiB} MiB); lower it, or raise testbed.memory`,
    );
  }
  return errors;
}

function heapErrors(heap: number, members: readonly NodeSettings[]): string[] {
  const small = members.find(({ memoryMiB }) => memoryMiB !== undefined && heap >= memoryMiB);
  if (!small) return [];
  return [
    `swarmbench:kafka.heap: a heap of ${heap} MiB does not fit on ${small.name}, which has ${small.memoryMiB} MiB; lower it, or raise testbed.memory`,
  ];
}
