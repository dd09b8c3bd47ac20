// Ports of the nodes that settings may not choose.
import { PROBE_PORTS } from "../contract/network.ts";
import { GOSSIP_PORT, SWARM_PORTS } from "../lib/addresses.ts";

/** Ports that the stack itself uses on every node, and by what. */
export const STACK_PORTS: ReadonlyMap<number, string> = new Map([
  ...SWARM_PORTS.map((port) => [port, "the swarm itself"] as const),
  [PROBE_PORTS.echo, "the network probe"],
  [PROBE_PORTS.iperf, "the network probe"],
]);

/** Those of {@link STACK_PORTS} that are UDP and fixed. */
export const UDP_PORTS: ReadonlyMap<number, string> = new Map([
  [GOSSIP_PORT, "the swarm itself"],
  [PROBE_PORTS.echo, "the network probe"],
]);
