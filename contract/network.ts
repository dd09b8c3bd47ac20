// What is known of the network between the nodes: its figures in a run's results, and the ports that measure it.
import { z } from "zod";
import { distributionSchema } from "./distribution.ts";

/** The services that measure it: on the overlay network, and on the nodes' own. */
export const PROBE_SERVICES = { overlay: "probes", host: "probes-host" } as const;
/** `host`: the nodes' own network; `overlay`: the swarm's, over it, on which brokers and agents meet. */
export const NETWORKS = ["host", "overlay"] as const;
export type NetworkName = (typeof NETWORKS)[number];

/** Of the probes. On the nodes' own network nothing else is listened on, and nothing takes commands there. */
export const PROBE_PORTS = {
  /** TCP, on the overlay network alone: what the runner asks. */
  http: 7071,
  /** UDP, on both: the echo. */
  echo: 7072,
  /** TCP, on both, and only while a throughput is measured: iperf3. */
  iperf: 7073,
} as const;

/**
 * Folders of every node. `probe` is the probes' own, where they share a socket; `node` is root's, with the addresses that
 * `pulumi up` writes down for the probes, which read it; in `clock` the clock synchronisation reports its state.
 */
export const NODE_FOLDERS = {
  probe: "/var/lib/swarmbench/probe",
  node: "/var/lib/swarmbench/node",
  clock: "/var/lib/swarmbench/clock",
} as const;

const count = z.int().min(0);

/** Round trips from one node to another. */
const pairRttSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  network: z.enum(NETWORKS),
  /** Of the packets that were answered. The probes' own waiting for a CPU is part of it. */
  rttMs: distributionSchema,
  sent: count,
  /** Not answered within a second. */
  lost: count,
});
export type PairRtt = z.output<typeof pairRttSchema>;

export const pairSchema = pairRttSchema.extend({
  /** TCP, by iperf3, in this direction; null: not measured. */
  throughputBitPerSec: z.number().nullable(),
  /** The largest packet that passes in one piece, bytes. */
  mtu: z.int().nullable(),
  /** Why a figure is missing. */
  error: z.string().nullable(),
});
export type Pair = z.output<typeof pairSchema>;

/** Before the load. */
export const networkSchema = z.strictObject({
  nodes: z.array(z.string()),
  brokers: z.array(z.strictObject({ name: z.string(), node: z.string() })),
  pairs: z.array(pairSchema),
});
export type NetworkMetrics = z.output<typeof networkSchema>;

/** During a step, from its preparation to its end. */
export const stepNetworkSchema = z.strictObject({
  pairs: z.array(pairRttSchema),
  /**
   * What a message spends on the network, about, ms: half of the overlay's median round trip from the producers' nodes to
   * the brokers', and half of that from there to the consumers', on the average; within a node it is 0. null: not known.
   */
  oneWayMs: z.number().nullable(),
});
export type StepNetwork = z.output<typeof stepNetworkSchema>;

const summarySchema = z.strictObject({ median: z.number(), min: z.number(), max: z.number() });

/** How well a node's clock kept to the others', as what disciplines it says; samples of the whole run. */
export const nodeClockSchema = z.strictObject({
  node: z.string(),
  /** Such as ptpd; null: nothing does. */
  kind: z.string().nullable(),
  /** Every state that it was seen in. */
  states: z.array(z.string()),
  samples: count,
  offsetUs: summarySchema.nullable(),
  /** From the node whose clock it follows, there and back halved. */
  pathDelayUs: summarySchema.nullable(),
});
export type NodeClock = z.output<typeof nodeClockSchema>;
