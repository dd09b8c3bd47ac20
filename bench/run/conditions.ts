import type { Client } from "../../contract/clients.ts";
import type { BenchTarget } from "../../contract/request.ts";
import type { Conditions } from "../../contract/result.ts";
import { adapterOf } from "../clients/index.ts";
import { type AskMetrics, askJolokia } from "../kafka/metrics.ts";
import type { Fleet } from "./fleet.ts";

/**
 * Adds the conditions that only the swarm knows: machines, agents and versions.
 *
 * @param clients Kafka clients that the run uses. Their versions are those of the runner, which runs the agents' image
 */
export async function withFleet(
  conditions: Conditions,
  { producers, consumers }: Fleet,
  target: BenchTarget,
  clients: readonly Client[],
  ask: AskMetrics = askJolokia,
): Promise<Conditions> {
  const agents = [...producers, ...consumers];
  const nodes = conditions.nodes.map((node) => {
    const machine = agents.find((agent) => agent.node === node.name)?.hello.machine;
    if (!machine) return node;
    const { cpus, memoryMiB, cpuModel, kernel } = machine;
    return { ...node, cpus: node.cpus ?? cpus, memoryMiB: node.memoryMiB ?? memoryMiB, cpuModel, kernel };
  });
  const adapters = await Promise.all([...new Set(clients)].map((client) => adapterOf(client)));
  const clientVersions = Object.fromEntries(adapters.map(({ name, version }) => [name, version]));
  const versions = Object.assign(
    {},
    conditions.versions,
    ...agents.map(({ hello }) => hello.versions),
    clientVersions,
  );
  return {
    ...conditions,
    nodes,
    versions: { ...versions, kafka: await kafkaVersion(target, ask) },
    agents: agents.map(({ task, role, node }) => ({ name: task, role, node })),
  };
}

/** Kafka's version as the first broker reports it; "unknown" if it does not. */
async function kafkaVersion({ kafka, brokerMetrics }: BenchTarget, ask: AskMetrics): Promise<string> {
  const [broker] = kafka.brokers;
  const [metrics] = brokerMetrics;
  if (!broker || !metrics) return "unknown";
  const reading = { mbean: `kafka.server:type=app-info,id=${broker.id}`, attribute: "Version" };
  const [version] = await ask(metrics.jolokiaUrl, [reading]).catch(() => [undefined]);
  return String(version ?? "unknown");
}
