// Which resources were saturated in the measured time of a step.
import {
  type BrokerMetrics,
  isShared,
  type MachineMetrics,
  RESOURCE_NAMES,
  type Resource,
  type Saturated,
} from "../../contract/resources.ts";
import type { Slo } from "../../contract/workload.ts";
import { consumerExcess, type GeneratorLoad, producerExcess } from "./generator.ts";

/**
 * The thresholds. The method is that of the USE method (Gregg, "Thinking Methodically about Performance", ACM Queue 10(12),
 * 2012): for each resource its utilisation, and the work that had to wait for it.
 */
export const THRESHOLDS = {
  /**
   * Share of its CPUs that a broker or a machine uses. It is a mean over the measured time, so single seconds reach the limit
   * before the mean does (Gregg: averages hide bursts, so use a threshold below full utilisation).
   */
  cpu: 0.9,
  /** Share of the scheduler's periods with throttling (Linux, Documentation/scheduler/sched-bwc.rst: nr_throttled of nr_periods). */
  throttled: 0.1,
  /** Share of a machine's CPUs that the hypervisor gave to other guests (steal, proc_stat(5)). This project's choice. */
  steal: 0.1,
  /**
   * Share of the time for which some task waited: "some" of pressure stall information (Linux, Documentation/accounting/psi.rst).
   * The kernel's documentation names no threshold; this one is this project's choice.
   */
  pressure: 0.3,
  /**
   * Tasks that were throttled by their own limit also count as waiting for a CPU. CPU pressure therefore shows a saturated
   * machine only if the machine was at least this busy.
   */
  busyUnderPressure: 0.75,
  /** Kafka's documentation of its metrics asks for idle ratios of request handlers and network threads above 0.3. */
  idle: 0.3,
  /** Share of the time for which a disk is busy, where the kernel has no pressure stall information. */
  disk: 0.9,
  /** Share of the throughput that was measured before the load. The rest allows for headers and acknowledgements. */
  network: 0.8,
} as const;

/** The measurements of a step's resources. A missing value counts as not saturated. */
export interface StepResources {
  brokers: readonly BrokerMetrics[];
  machines: readonly MachineMetrics[];
  generator: GeneratorLoad;
}

/**
 * The saturated resources of a step, the most direct explanation first (the order of `RESOURCES`, contract/resources.ts). Entries
 * of one resource are sorted by how far they are beyond the limit.
 */
export function saturatedResources(step: StepResources, slo: Slo): Saturated[] {
  const all = [
    ...step.brokers.flatMap(brokerSaturation),
    ...step.machines.flatMap((machine) => machineSaturation(machine, step.machines.length === 1)),
    ...generatorSaturation(step.generator, slo),
  ];
  const rank = ({ resource }: Saturated) => RESOURCE_NAMES.indexOf(resource);
  return all.sort((a, b) => rank(a) - rank(b) || severity(b) - severity(a));
}

/** How far a value is beyond its limit. For idle ratios, a smaller value is worse. */
function severity({ value, limit, unit }: Saturated): number {
  return unit === "idle" ? limit - value : value / limit;
}

function brokerSaturation(broker: BrokerMetrics): Saturated[] {
  const { name, cpus, cpuLimit, throttled, handlersIdle, networkThreadsIdle } = broker;
  const entry = entryAt(name);
  return [
    entry("broker-throttled", `the CPU limit of ${name}, which was throttled by it`, "time", {
      value: throttled,
      limit: THRESHOLDS.throttled,
    }),
    entry("broker-cpu", `the CPU of ${name}`, "CPUs", {
      value: cpus,
      limit: cpuLimit,
      from: THRESHOLDS.cpu,
    }),
    entry("request-handlers", `the request handler threads of ${name}`, "idle", {
      value: handlersIdle,
      limit: THRESHOLDS.idle,
    }),
    entry("network-threads", `the network threads of ${name}`, "idle", {
      value: networkThreadsIdle,
      limit: THRESHOLDS.idle,
    }),
    ...linkSaturation(broker),
  ].flat();
}

function linkSaturation(broker: BrokerMetrics): Saturated[] {
  const { name, bytesInPerSec, bytesOutPerSec, replicationInPerSec, replicationOutPerSec } = broker;
  const bits = (bytes: number | null, replication: number | null) =>
    bytes === null ? null : 8 * (bytes + (replication ?? 0));
  const entry = entryAt(name);
  return [
    entry("network", `the network to ${name}`, "bit/s", {
      value: bits(bytesInPerSec, replicationInPerSec),
      limit: broker.linkInBitPerSec,
      from: THRESHOLDS.network,
    }),
    entry("network", `the network from ${name}`, "bit/s", {
      value: bits(bytesOutPerSec, replicationOutPerSec),
      limit: broker.linkOutBitPerSec,
      from: THRESHOLDS.network,
    }),
  ].flat();
}

/** @param alone whether there is no other machine */
function machineSaturation(machine: MachineMetrics, alone: boolean): Saturated[] {
  const { brokers, agents, cpus, cpusBusy, cpusStolen, pressure, disk } = machine;
  if (brokers.length === 0 && agents.length === 0) return [];
  const cpuEntry = entryAt(machine.nodes.join("+"), brokers.length > 0 ? undefined : "generator");
  const entry = entryAt(machine.nodes.join("+"));
  const busyEnough = cpusBusy !== null && cpusBusy >= THRESHOLDS.busyUnderPressure * cpus;
  const busy = cpuEntry("machine-cpu", cpuText(machine, alone), "CPUs", {
    value: cpusBusy,
    limit: cpus,
    from: THRESHOLDS.cpu,
  });
  const waiting = cpuEntry("machine-cpu", cpuText(machine, alone), "time", {
    value: busyEnough ? pressure.cpu : null,
    limit: THRESHOLDS.pressure,
  });
  return [
    cpuEntry("machine-steal", `the CPU time that the hypervisor left to ${placeText(machine)}`, "CPUs", {
      value: cpusStolen,
      limit: cpus,
      from: THRESHOLDS.steal,
    }),
    busy.length > 0 ? busy : waiting,
    // On machines without brokers only the CPUs matter: agents store nothing.
    brokers.length === 0
      ? []
      : [
          diskSaturation(machine, pressure.io, disk?.busy ?? null),
          entry("memory", `the memory of ${placeText(machine)}`, "time", {
            value: pressure.memory,
            limit: THRESHOLDS.pressure,
          }),
        ].flat(),
  ].flat();
}

function diskSaturation(machine: MachineMetrics, pressure: number | null, busy: number | null): Saturated[] {
  const byPressure = { value: pressure, limit: THRESHOLDS.pressure };
  const byBusyTime = { value: busy, limit: THRESHOLDS.disk };
  return entryAt(machine.nodes.join("+"))(
    "disk",
    `the disks of ${placeText(machine)}`,
    "time",
    pressure === null ? byBusyTime : byPressure,
  );
}

function generatorSaturation(load: GeneratorLoad, slo: Slo): Saturated[] {
  return [...producerExcess(load, slo), ...consumerExcess(load, slo)].map(
    ({ place, value, limit, unit }) => ({
      resource: "generator",
      place,
      text: `the load generator (${place})`,
      value,
      limit,
      unit,
    }),
  );
}

/** The CPUs of a machine, and what uses them. */
function cpuText(machine: MachineMetrics, alone: boolean): string {
  const cpus = alone ? "this machine's CPUs" : `the CPUs of ${placeText(machine)}`;
  if (isShared(machine)) return `${cpus}, which brokers and agents share`;
  return `${cpus}, which ${machine.brokers.length > 0 ? "brokers" : "agents"} use`;
}

function placeText({ nodes }: MachineMetrics): string {
  return nodes.length === 1 ? (nodes[0] ?? "") : `the machine of ${nodes.join(", ")}`;
}

interface Measurement {
  value: number | null;
  limit: number | null;
  /** The share of the limit from which the resource counts as saturated. @default 1 */
  from?: number;
}

/**
 * Returns a function that makes the entry of a resource at a place, or none if it was not saturated or not measured.
 *
 * @param instead the resource to name instead: the CPUs of a machine with only agents are a limit of the generator
 */
function entryAt(place: string, instead?: Resource) {
  return (
    resource: Resource,
    text: string,
    unit: Saturated["unit"],
    { value, limit, from = 1 }: Measurement,
  ): Saturated[] => {
    if (value === null || limit === null || limit <= 0) return [];
    const saturated = unit === "idle" ? value < limit : value >= from * limit;
    return saturated ? [{ resource: instead ?? resource, place, text, value, limit, unit }] : [];
  };
}
