// The metrics of brokers, machines and the benchmark itself in the measured time of a step.
import type { Pair } from "../../contract/network.ts";
import { networkOf } from "../../contract/request.ts";
import type { BrokerMetrics, MachineMetrics, OwnCost } from "../../contract/resources.ts";
import { brokerMetrics } from "./brokerMetrics.ts";
import type { Agent } from "./fleet.ts";
import { machineMetrics, ownCost } from "./machineMetrics.ts";
import type { NodeCounters } from "./readings.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";

/** The metrics of brokers and machines, and what the benchmark itself used. */
export function stepResources(
  { target, network }: Pick<StepOrder, "target" | "network">,
  {
    measured,
    producers,
    consumers,
    timeline,
  }: Pick<StepFindings, "measured" | "producers" | "consumers" | "timeline">,
): { brokers: BrokerMetrics[]; machines: MachineMetrics[]; ownCost: OwnCost } {
  const { before, after } = measured;
  const agents = [...producers, ...consumers];
  const nodeOf = (broker: string) =>
    target.network?.brokers.find(({ name }) => name === broker)?.node ?? null;
  const machines = machineMetrics(
    {
      brokers: target.brokerMetrics.flatMap(({ name }) => {
        const node = nodeOf(name);
        return node === null ? [] : [{ name, node }];
      }),
      agents: agents.map(({ task, node, hello }) => ({ name: task, node, machine: hello.machine.bootId })),
      agentMachines: agentMachines(agents, timeline.machineUse()),
    },
    before.nodes,
    after.nodes,
  );
  const used = networkOf(target);
  const linkPairs = network.filter((pair) => pair.network === used);
  const throttling = { before: throttlingOf(before.nodes), after: throttlingOf(after.nodes) };
  const brokers = target.brokerMetrics.map(({ name, cpuLimit }, index) => {
    const node = nodeOf(name);
    const cpus = machines.find((machine) => machine.brokers.includes(name))?.cpus;
    const limits = [cpuLimit, cpus].filter((limit) => limit !== undefined);
    const place = {
      name,
      node,
      cpuLimit: limits.length > 0 ? Math.min(...limits) : null,
      ...linkOf(node, linkPairs, agents),
    };
    return brokerMetrics(place, before.brokers[index], after.brokers[index], throttling);
  });
  return { brokers, machines, ownCost: ownCost(before, after, machines) };
}

function agentMachines(agents: readonly Agent[], busy: ReadonlyMap<string, number>) {
  const cpus = new Map(agents.map(({ hello: { machine } }) => [machine.bootId, machine.cpus]));
  return new Map(
    [...busy].map(([machine, cpusBusy]) => [machine, { cpus: cpus.get(machine) ?? 0, cpusBusy }]),
  );
}

function throttlingOf(nodes: readonly NodeCounters[]) {
  return Object.assign({}, ...nodes.map(({ counters }) => counters.throttling));
}

/**
 * The TCP throughput between a broker's node and the fastest of the other nodes, by the pairs of one network. null: not measured,
 * or all agents are on the node, so that their messages do not use the link.
 */
function linkOf(
  node: string | null,
  pairs: readonly Pair[],
  agents: readonly Agent[],
): Pick<BrokerMetrics, "linkInBitPerSec" | "linkOutBitPerSec"> {
  if (agents.every((agent) => agent.node === node)) return { linkInBitPerSec: null, linkOutBitPerSec: null };
  const fastest = (end: "from" | "to") => {
    const throughputs = pairs
      .filter((pair) => pair[end] === node)
      .map(({ throughputBitPerSec }) => throughputBitPerSec)
      .filter((value) => value !== null);
    return throughputs.length > 0 ? Math.max(...throughputs) : null;
  };
  return { linkInBitPerSec: fastest("to"), linkOutBitPerSec: fastest("from") };
}
