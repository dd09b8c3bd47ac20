// The resources that can limit a step, and the metrics of brokers, of machines, and of the benchmark itself.
import { z } from "zod";

/**
 * The resources that a step can saturate, the most direct explanation first: the limit that was set on a broker, then the
 * machine that everything on it shares, then the load generator, then what brokers wait for, and last the threads of Kafka,
 * which are also busy when one of the others is short. `kafka`: whether the resource belongs to the brokers, so that the result
 * is about Kafka as it is deployed.
 */
export const RESOURCES = {
  "broker-throttled": { title: "CPU throttling of brokers", kafka: true },
  "broker-cpu": { title: "broker CPU", kafka: true },
  "machine-steal": { title: "CPU time that the hypervisor gave to other guests", kafka: false },
  "machine-cpu": { title: "CPUs of a machine", kafka: false },
  generator: { title: "load generator", kafka: false },
  disk: { title: "disk", kafka: true },
  memory: { title: "memory", kafka: true },
  network: { title: "network", kafka: true },
  "request-handlers": { title: "request handler threads", kafka: true },
  "network-threads": { title: "network threads", kafka: true },
} as const;

/** The name of a resource in results. */
export type Resource = keyof typeof RESOURCES;
/** The resources in the order of {@link RESOURCES}. */
export const RESOURCE_NAMES = Object.keys(RESOURCES) as Resource[];

/** Units of {@link saturatedSchema}. `idle` and `time` are shares from 0 to 1. */
export const SATURATION_UNITS = ["CPUs", "idle", "time", "bit/s", "ms"] as const;

/** A resource that was saturated in the measured time of a step. */
export const saturatedSchema = z.strictObject({
  resource: z.enum(RESOURCE_NAMES),
  /** Where: a broker, the nodes of a machine joined by "+", `producers` or `consumers`. */
  place: z.string(),
  /** What was saturated, as a phrase that can follow "the limit is". */
  text: z.string(),
  value: z.number(),
  /** The capacity if the unit is CPUs or bit/s, otherwise the threshold that the value passed. */
  limit: z.number(),
  unit: z.enum(SATURATION_UNITS),
});
/** A saturated resource: {@link saturatedSchema}. */
export type Saturated = z.output<typeof saturatedSchema>;

/** What limited the load beyond a knee. */
export const limitSchema = z.strictObject({
  /** null: everything was measured, and nothing was saturated. */
  resource: z.enum(RESOURCE_NAMES).nullable(),
  /** One clause, such as "the limit is the CPU of broker-1 (0.48 of 0.5 CPUs)". */
  text: z.string(),
});
/** What limited the load: {@link limitSchema}. */
export type Limit = z.output<typeof limitSchema>;

const number = z.number().nullable();

/** Requests of one kind that a broker answered. */
const requestsSchema = z.strictObject({
  perSec: number,
  /** Mean times of a request, ms: waiting for a handler, processing, waiting for other brokers or for data, waiting for a network thread. */
  queueMs: number,
  localMs: number,
  remoteMs: number,
  responseQueueMs: number,
  totalMs: number,
});

/** One broker in the measured time of a step. null: not known. */
export const brokerMetricsSchema = z.strictObject({
  name: z.string(),
  node: z.string().nullable(),
  /** CPUs that its process used, on average. */
  cpus: number,
  /** The CPUs that it may use at most: the limit of its service, of its node, or the CPUs of its machine. */
  cpuLimit: number,
  /** Share of the scheduler's periods in which its container was throttled, from 0 to 1. */
  throttled: number,
  /** Share of the time for which its request handler threads were idle, from 0 to 1. */
  handlersIdle: number,
  /** The same for the network threads of its busiest listener. */
  networkThreadsIdle: number,
  produce: requestsSchema,
  fetch: requestsSchema,
  messagesPerSec: number,
  bytesInPerSec: number,
  bytesOutPerSec: number,
  replicationInPerSec: number,
  replicationOutPerSec: number,
  /** Messages and bytes of a produce request, bytes of a fetch by a consumer; on average. */
  messagesPerProduce: number,
  bytesPerProduce: number,
  bytesPerFetch: number,
  /** Share of the time in garbage collections, from 0 to 1. */
  gc: number,
  /** Partitions that it led at the end of the measured time. */
  leaders: number,
  /** TCP throughput to and from its node before the load, from the other nodes, bit/s. */
  linkInBitPerSec: number,
  linkOutBitPerSec: number,
});
/** One broker in a step: {@link brokerMetricsSchema}. */
export type BrokerMetrics = z.output<typeof brokerMetricsSchema>;

/** One machine in the measured time of a step. Nodes that are containers of one machine are one machine. null: not known. */
export const machineMetricsSchema = z.strictObject({
  nodes: z.array(z.string()),
  /** Brokers and agents that ran on it. */
  brokers: z.array(z.string()),
  agents: z.array(z.string()),
  cpus: z.number(),
  /** CPUs that were busy, on average; includes time that the hypervisor gave to other guests. */
  cpusBusy: number,
  /** CPUs that the hypervisor gave to other guests (steal), on average. */
  cpusStolen: number,
  /** Pressure stall information: share of the time for which some task waited, from 0 to 1. */
  pressure: z.strictObject({ cpu: number, io: number, memory: number }),
  /** Bytes per second of all disks, and the share of the time for which the busiest one was busy. */
  disk: z.strictObject({ readPerSec: z.number(), writtenPerSec: z.number(), busy: z.number() }).nullable(),
});
/** One machine in a step: {@link machineMetricsSchema}. */
export type MachineMetrics = z.output<typeof machineMetricsSchema>;

/** What the benchmark itself used, without its agents, in the measured time of a step, in CPUs. */
export const ownCostSchema = z.strictObject({
  /** The runner: it polls the agents, exchanges timestamps, and writes events and live metrics. */
  runnerCpus: z.number(),
  /** The probes of all nodes; null: not known. */
  probesCpus: number,
  /** What runner and probes used together, as a share of all CPUs of all machines, from 0 to 1; null: not known. */
  share: number,
});
/** What the benchmark itself used: {@link ownCostSchema}. */
export type OwnCost = z.output<typeof ownCostSchema>;

/** Whether brokers and agents shared a machine, so that they competed for its CPUs. */
export function isShared({ brokers, agents }: Pick<MachineMetrics, "brokers" | "agents">): boolean {
  return brokers.length > 0 && agents.length > 0;
}
