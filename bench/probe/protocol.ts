// What runner and probes say to each other, over HTTP on the overlay network. What concerns the nodes' own network goes on
// from a node's probe on the overlay to its other one through a Unix socket (forward.ts).
import { z } from "zod";
import { NETWORKS } from "../../contract/network.ts";

/** Part of every path; counted up with any change that an older probe would not understand. */
export const PROTOCOL_VERSION = 1;

/** A probe that nobody has asked for what it watches ends it after so long: its runner is gone. */
export const ORPHANED_AFTER_MS = 30_000;

export const PATHS = {
  /** GET: who it is, and how its clock is. */
  hello: `/v${PROTOCOL_VERSION}/hello`,
  /** POST: so many round trips with each peer; answers when all are done. */
  round: `/v${PROTOCOL_VERSION}/round`,
  /** POST: round trips without end. Takes the place of an earlier watch. */
  watch: `/v${PROTOCOL_VERSION}/watch`,
  /** POST: what has been watched since the last time. */
  take: `/v${PROTOCOL_VERSION}/take`,
  /** POST: lets one other probe measure the throughput; answers when it listens. */
  serve: `/v${PROTOCOL_VERSION}/serve`,
  /** POST: measures the throughput with one that serves. */
  throughput: `/v${PROTOCOL_VERSION}/throughput`,
  /** POST: the largest packet that passes in one piece. */
  mtu: `/v${PROTOCOL_VERSION}/mtu`,
} as const;

const count = z.int().min(0);
const address = z.ipv4();
const network = z.enum(NETWORKS);
const peer = z.strictObject({ node: z.string(), address });
export type Peer = z.output<typeof peer>;

/** As clockSync's programs write it on a node, in a file. */
export const clockStatusSchema = z.object({
  kind: z.string(),
  state: z.string(),
  offset_us: z.number().nullish(),
  path_delay_us: z.number().nullish(),
  /** s since 1970. */
  at: z.number(),
});
export type ClockStatus = z.output<typeof clockStatusSchema>;

/** Of the node's own network: its address there, or why nothing is measured there. */
const hostSchema = z.union([z.object({ address }), z.object({ error: z.string() })]);

export const helloSchema = z.object({
  protocol: z.number(),
  node: z.string(),
  /** The kernel's boot id: two nodes of one machine have the same. */
  bootId: z.string(),
  host: hostSchema,
  clock: clockStatusSchema.nullable(),
});
export type Hello = z.output<typeof helloSchema>;

/** What the probe on the node's own network says to the other one. */
export const hostHelloSchema = z.object({ address });

export const roundSchema = z.strictObject({
  network,
  peers: z.array(peer).max(1_000),
  packets: z.int().min(1).max(10_000),
  /** For each peer. */
  perSecond: z.number().positive().max(10_000),
});
export const watchSchema = roundSchema.omit({ packets: true });
/** `last`: the watch ends, once what is under way has been answered. */
export const takeSchema = z.strictObject({ network, last: z.boolean() });
export const serveSchema = z.strictObject({ network, seconds: z.int().min(1).max(60) });
export const throughputSchema = z.strictObject({
  network,
  address,
  seconds: z.int().min(1).max(60),
  reverse: z.boolean(),
});
export const mtuSchema = z.strictObject({ network, address });

const roundTrips = z.object({
  to: z.string(),
  /** Of them, each has been answered or is lost. */
  sent: count,
  lost: count,
  /** HdrHistogram V2 compressed, base64, µs. */
  rtt: z.string(),
});
export type RoundTrips = z.output<typeof roundTrips>;

export const roundTripsSchema = z.object({ pairs: z.array(roundTrips) });
export const bitRateSchema = z.object({ bitPerSec: z.number() });
export const pathMtuSchema = z.object({ mtu: z.int() });
