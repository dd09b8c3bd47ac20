// The metrics of the machines of a step between two readings of their counters.
import type { MachineMetrics, OwnCost } from "../../contract/resources.ts";
import type { MachineCounters } from "../probe/protocol.ts";
import { inOrder } from "./allocation.ts";
import type { NodeCounters, Readings } from "./readings.ts";

/** An agent or a broker: its name and its node, and for agents the boot id of its machine. */
export interface Placed {
  name: string;
  node: string;
  machine?: string;
}

/** Everything that ran on the machines of a step. */
export interface Placement {
  brokers: readonly Placed[];
  agents: readonly (Placed & { machine: string })[];
  /** CPUs of the agents' machines by boot id, and how many were busy, for machines without probes. */
  agentMachines: ReadonlyMap<string, { cpus: number; cpusBusy: number }>;
}

/** The machines that brokers, agents and probes ran on. Nodes that are containers of one machine have one boot id. */
export function machineMetrics(
  { brokers, agents, agentMachines }: Placement,
  before: readonly NodeCounters[],
  after: readonly NodeCounters[],
): MachineMetrics[] {
  const machineOfNode = new Map([
    ...agents.map(({ node, machine }) => [node, machine] as const),
    ...after.map(({ node, machine }) => [node, machine] as const),
  ]);
  const on = (machine: string) => (placed: Placed) =>
    (placed.machine ?? machineOfNode.get(placed.node)) === machine;
  const names = (placed: readonly Placed[], machine: string) =>
    placed.filter(on(machine)).map(({ name }) => name);
  return [...new Set(machineOfNode.values())].flatMap((machine) => {
    const nodes = [...machineOfNode].filter(([, each]) => each === machine).map(([node]) => node);
    const measured = measuredMachine(machine, before, after) ?? unprobed(agentMachines.get(machine));
    if (!measured) return [];
    return [
      {
        nodes: inOrder(nodes),
        brokers: names(brokers, machine),
        agents: names(agents, machine),
        ...measured,
      },
    ];
  });
}

type Measured = Omit<MachineMetrics, "nodes" | "brokers" | "agents">;

/** The metrics by the first node that answered both times; all nodes of a machine read the same counters. */
function measuredMachine(
  machine: string,
  before: readonly NodeCounters[],
  after: readonly NodeCounters[],
): Measured | undefined {
  for (const { node, machine: each, counters: to } of after) {
    if (each !== machine) continue;
    const from = before.find((reading) => reading.node === node && reading.machine === machine)?.counters;
    if (from && to.atMs > from.atMs) return between(from, to);
  }
  return undefined;
}

function between(from: MachineCounters, to: MachineCounters): Measured {
  const seconds = (to.atMs - from.atMs) / 1_000;
  const pressure = (key: keyof MachineCounters["pressureUs"]) => {
    const [before, now] = [from.pressureUs[key], to.pressureUs[key]];
    return before === null || now === null ? null : Math.min(1, (now - before) / 1e6 / seconds);
  };
  return {
    cpus: to.cpus,
    cpusBusy: (to.busySec - from.busySec) / seconds,
    cpusStolen: (to.stealSec - from.stealSec) / seconds,
    pressure: { cpu: pressure("cpu"), io: pressure("io"), memory: pressure("memory") },
    disk: from.disk && to.disk ? diskBetween(from.disk, to.disk, seconds) : null,
  };
}

type Disk = NonNullable<MachineCounters["disk"]>;

function diskBetween(from: Disk, to: Disk, seconds: number): MachineMetrics["disk"] {
  const busy = Object.entries(to.busyMs).map(
    ([name, ms]) => (ms - (from.busyMs[name] ?? ms)) / 1_000 / seconds,
  );
  return {
    readPerSec: (to.readBytes - from.readBytes) / seconds,
    writtenPerSec: (to.writtenBytes - from.writtenBytes) / seconds,
    busy: Math.min(1, Math.max(0, ...busy)),
  };
}

/** The metrics of a machine without probes: agents report only how busy it was. */
function unprobed(machine: { cpus: number; cpusBusy: number } | undefined): Measured | undefined {
  if (!machine) return undefined;
  const pressure = { cpu: null, io: null, memory: null };
  return { cpus: machine.cpus, cpusBusy: machine.cpusBusy, cpusStolen: null, pressure, disk: null };
}

/** What runner and probes used between two readings. */
export function ownCost(before: Readings, after: Readings, machines: readonly MachineMetrics[]): OwnCost {
  const runnerSeconds = (after.atMs - before.atMs) / 1_000;
  const runnerCpus = (after.runnerCpuSec - before.runnerCpuSec) / runnerSeconds;
  const probes = after.nodes.map(({ node, counters: to }) => {
    const from = before.nodes.find((reading) => reading.node === node)?.counters;
    if (!from || from.ownCpuSec === null || to.ownCpuSec === null || to.atMs <= from.atMs) return null;
    return ((to.ownCpuSec - from.ownCpuSec) * 1_000) / (to.atMs - from.atMs);
  });
  const measured = probes.filter((cpus) => cpus !== null);
  const probesCpus =
    measured.length === probes.length && measured.length > 0
      ? measured.reduce((sum, cpus) => sum + cpus, 0)
      : null;
  const cpus = machines.reduce((sum, machine) => sum + machine.cpus, 0);
  const share = cpus > 0 ? (runnerCpus + (probesCpus ?? 0)) / cpus : null;
  return { runnerCpus, probesCpus, share };
}
