// The protocol between the runner and the probes: JSON over HTTP on the overlay network. Requests for the nodes' own network are forwarded
// by a node's overlay probe to its host probe through a Unix socket (forward.ts).
import { z } from "zod";
import { NETWORKS } from "../../contract/network.ts";

/** Part of every path. Increased with every change that an older probe would not understand. */
export const PROTOCOL_VERSION = 2;

/** A probe whose results are not taken for this long assumes that its runner is gone, and stops measuring, ms. */
export const ORPHANED_AFTER_MS = 30_000;

/** The paths of a probe's requests. */
export const PATHS = {
  /** GET: the probe's identity, and the status of its node's clock. */
  hello: `/v${PROTOCOL_VERSION}/hello`,
  /** POST: measure round trips with each peer. Answers when all are done. */
  round: `/v${PROTOCOL_VERSION}/round`,
  /** POST: measure round trips in the background until the last `take`. Replaces an earlier watch. */
  watch: `/v${PROTOCOL_VERSION}/watch`,
  /** POST: take the round trips since the last request. */
  take: `/v${PROTOCOL_VERSION}/take`,
  /** POST: let another probe measure the throughput once. Answers when it listens. */
  serve: `/v${PROTOCOL_VERSION}/serve`,
  /** POST: measure the throughput to a probe that serves. */
  throughput: `/v${PROTOCOL_VERSION}/throughput`,
  /** POST: measure the largest packet that passes without fragmentation. */
  mtu: `/v${PROTOCOL_VERSION}/mtu`,
  /** GET: the kernel's counters of the machine's resources. Older probes do not have it; then only these metrics are missing. */
  counters: `/v${PROTOCOL_VERSION}/counters`,
} as const;

const count = z.int().min(0);
const address = z.ipv4();
const network = z.enum(NETWORKS);
const peer = z.strictObject({ node: z.string().max(253), address });
/** Another node and its IPv4 address on the measured network. */
export type Peer = z.output<typeof peer>;

/** The status that a node's clock synchronisation writes to a file. */
export const clockStatusSchema = z.object({
  kind: z.string(),
  state: z.string(),
  offset_us: z.number().nullish(),
  path_delay_us: z.number().nullish(),
  /** s since 1970. */
  at: z.number(),
});
/** The status of a node's clock synchronisation. */
export type ClockStatus = z.output<typeof clockStatusSchema>;

/** The node's address on the nodes' own network, or why nothing can be measured there. */
const hostSchema = z.union([z.object({ address }), z.object({ error: z.string() })]);

/** The answer to {@link PATHS}.hello. */
export const helloSchema = z.object({
  protocol: z.number(),
  node: z.string(),
  /** The kernel's boot id. Nodes on the same machine have the same one. */
  bootId: z.string(),
  host: hostSchema,
  clock: clockStatusSchema.nullable(),
});
/** The identity of a probe, and the state of its node. */
export type Hello = z.output<typeof helloSchema>;

/** The host probe's answer to the overlay probe. */
export const hostHelloSchema = z.object({ address });

/** The host probe's answer to the overlay probe: the CPU time that it used, s. */
export const hostCountersSchema = z.object({ ownCpuSec: z.number() });

/** The answer to {@link PATHS}.counters. All counters only increase; null: the kernel does not have it. */
export const machineCountersSchema = z.object({
  /** The probe's monotonic clock. */
  atMs: z.number(),
  cpus: z.number(),
  /** Time for which CPUs were not idle, over all CPUs, and the part of it that the hypervisor gave to other guests. */
  busySec: z.number(),
  stealSec: z.number(),
  /** Pressure stall information: time for which some task waited. */
  pressureUs: z.object({
    cpu: z.number().nullable(),
    io: z.number().nullable(),
    memory: z.number().nullable(),
  }),
  /** All disks together, and the busy time of each. */
  disk: z
    .object({ readBytes: z.number(), writtenBytes: z.number(), busyMs: z.record(z.string(), z.number()) })
    .nullable(),
  /** The scheduler's periods of containers with a CPU limit, and how many had throttling; by short container id. */
  throttling: z.record(z.string(), z.object({ periods: z.number(), throttled: z.number() })),
  /** CPU time that the probes of the node used; null: the host probe did not answer. */
  ownCpuSec: z.number().nullable(),
});
/** The kernel's counters of a machine. */
export type MachineCounters = z.output<typeof machineCountersSchema>;

/** Largest number of packets per second of a probe to all peers together: about 7 Mbit/s. */
const MAX_PER_SECOND = 10_000;

const watchShape = z.strictObject({
  network,
  peers: z.array(peer).max(1_000),
  /** Packets per second for each peer. */
  perSecond: z.number().min(0.01).max(MAX_PER_SECOND),
});
const isPaced = ({ peers, perSecond }: { peers: readonly unknown[]; perSecond: number }) =>
  peers.length * perSecond <= MAX_PER_SECOND;
const PACE = { path: ["perSecond"], message: `more than ${MAX_PER_SECOND} for all peers together` };

/** The body of {@link PATHS}.watch. */
export const watchSchema = watchShape.refine(isPaced, PACE);
/** The body of {@link PATHS}.round, with the number of packets for each peer. */
export const roundSchema = watchShape.extend({ packets: z.int().min(1).max(10_000) }).refine(isPaced, PACE);
/** The body of {@link PATHS}.take. `last` ends the watch, after the packets in flight are answered or lost. */
export const takeSchema = z.strictObject({ network, last: z.boolean() });
/** The body of {@link PATHS}.serve. */
export const serveSchema = z.strictObject({ network, seconds: z.int().min(1).max(60) });
/** The body of {@link PATHS}.throughput. `reverse` measures from the address instead of to it. */
export const throughputSchema = z.strictObject({
  network,
  address,
  seconds: z.int().min(1).max(60),
  reverse: z.boolean(),
});
/** The body of {@link PATHS}.mtu. */
export const mtuSchema = z.strictObject({ network, address });

const roundTrips = z.object({
  to: z.string(),
  /** Packets that have been answered or lost. */
  sent: count,
  lost: count,
  /** HdrHistogram V2 compressed, base64, µs. */
  rtt: z.string(),
});
/** The round trips to one peer. */
export type RoundTrips = z.output<typeof roundTrips>;

/** The answer to {@link PATHS}.round and {@link PATHS}.take. */
export const roundTripsSchema = z.object({ pairs: z.array(roundTrips) });
/** The answer to {@link PATHS}.throughput. */
export const bitRateSchema = z.object({ bitPerSec: z.number() });
/** The answer to {@link PATHS}.mtu, bytes. */
export const pathMtuSchema = z.object({ mtu: z.int() });
