// Measurements of the network between the nodes: their schemas in a run's results, and the services and ports of the probes.
import { z } from "zod";
import { distributionSchema } from "./distribution.ts";

/** Docker services of the probes, by the network that they measure. */
export const PROBE_SERVICES = { overlay: "probes", host: "probes-host" } as const;
/** `host`: the network of the nodes. `overlay`: the swarm's overlay network on top of it. Brokers and agents use one of them. */
export const NETWORKS = ["host", "overlay"] as const;
/** One of {@link NETWORKS}. */
export type NetworkName = (typeof NETWORKS)[number];

/** Ports of the probes. On the host network they serve only `echo` and `iperf`, and accept no commands. */
export const PROBE_PORTS = {
  /** TCP, on the overlay network only: the probe's API, which the runner calls. */
  http: 7071,
  /** UDP, on both networks: the echo. */
  echo: 7072,
  /** TCP, on both networks, only while a throughput is measured: iperf3. */
  iperf: 7073,
} as const;

/**
 * Folders of every node. `probe` belongs to the node's probes, which share a socket there. `node` belongs to root: `pulumi up`
 * writes the nodes' addresses there, and the probes read them. `clock` has the status of the clock synchronisation.
 */
export const NODE_FOLDERS = {
  probe: "/var/lib/swarmbench/probe",
  node: "/var/lib/swarmbench/node",
  clock: "/var/lib/swarmbench/clock",
} as const;

/** The node's cgroups, and where they are mounted in its probe, which reads from them how often containers were throttled. */
export const CGROUPS = { node: "/sys/fs/cgroup", probe: "/var/lib/swarmbench/cgroups" } as const;

const count = z.int().min(0);

const pairRttSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  network: z.enum(NETWORKS),
  /** Round trips of the answered packets. They include the time for which a probe waits for a CPU. */
  rttMs: distributionSchema,
  sent: count,
  /** Packets not answered within a second. */
  lost: count,
});
/** Round trips from one node to another, on one network. */
export type PairRtt = z.output<typeof pairRttSchema>;

const pairSchema = pairRttSchema.extend({
  /** TCP throughput in this direction, by iperf3; null: not measured. */
  throughputBitPerSec: z.number().nullable(),
  /** The largest packet that is not fragmented, in bytes; null: not measured. */
  mtu: z.int().nullable(),
  /** Why a value is missing; null: none is. */
  error: z.string().nullable(),
});
/** All measurements from one node to another, on one network. */
export type Pair = z.output<typeof pairSchema>;

/** The network before the load, in run.json. */
export const networkSchema = z.strictObject({
  nodes: z.array(z.string()),
  brokers: z.array(z.strictObject({ name: z.string(), node: z.string() })),
  pairs: z.array(pairSchema),
});

/** The network during a step, from its preparation to its end, in run.json. */
export const stepNetworkSchema = z.strictObject({
  pairs: z.array(pairRttSchema),
  /**
   * Estimate of the time that a message spends on the network, in ms: half of the median round trip from the
   * producers' nodes to the brokers' nodes, plus half of that from there to the consumers' nodes, as an average, on
   * the network that brokers and agents use. Within a node it is 0. null: unknown.
   */
  oneWayMs: z.number().nullable(),
});
/** The network during a step: {@link stepNetworkSchema}. */
export type StepNetwork = z.output<typeof stepNetworkSchema>;

const summarySchema = z.strictObject({ median: z.number(), min: z.number(), max: z.number() });

/** How well a node's clock was synchronised during the run, as its synchronisation service reports it, in run.json. */
export const nodeClockSchema = z.strictObject({
  node: z.string(),
  /** The service, such as ptpd; null: none runs. */
  kind: z.string().nullable(),
  /** Every state that it reported. */
  states: z.array(z.string()),
  samples: count,
  offsetUs: summarySchema.nullable(),
  /** PTP path delay to the node whose clock it follows: half of the round trip. */
  pathDelayUs: summarySchema.nullable(),
});
/** How well a node's clock was synchronised: {@link nodeClockSchema}. */
export type NodeClock = z.output<typeof nodeClockSchema>;
