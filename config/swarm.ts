import { z } from "zod";
import { NETWORKS } from "../contract/network.ts";
import { duration, wholeNumber, wholeSeconds, within } from "../contract/units.ts";
import { VXLAN_PORT } from "../lib/addresses.ts";
import { pool } from "./nodes.ts";
import { STACK_PORTS, UDP_PORTS } from "./ports.ts";

/** Bytes that VXLAN adds to each packet: what Docker's overlay driver subtracts from the MTU (RFC 7348, section 5). */
const VXLAN_BYTES = 50;
/** The largest MTU of Linux's loopback and InfiniBand interfaces. */
const MAX_MTU = 65_535;
/** The MTU of a network, unless it is configured: Ethernet's. Docker's bridges and overlay networks assume it, too. */
export const DEFAULT_MTU = 1_500;

/** The configuration key `swarm`. */
export const swarmSchema = z
  .strictObject({
    network: z
      .enum(NETWORKS, `expected one of ${NETWORKS.join(", ")}`)
      .prefault("overlay")
      .describe(
        "The network that brokers and agents use. `overlay`: the swarm's own, on which services are isolated from the nodes' network. `host`: the network of the nodes, without VXLAN, to measure what the overlay costs. Then brokers and agents listen on their node's address, so that `host` requires a `kafka.security` of `SASL_…` or `kafka.externalAccess: anyone`. A change creates a new, empty Kafka cluster.",
      ),
    addressPool: pool.prefault("10.176.0.0/16").meta({
      description:
        "Range for the swarm's own networks. Change it if your network or the testbed's uses this range.",
      valueType: "network such as `10.176.0.0/16`",
    }),
    drainTimeout: wholeSeconds(within(duration, { most: [3600, "60 minutes"] }))
      .prefault("60 seconds")
      .describe("How long a leaving node may take to hand over its tasks. Raise it if services stop slowly."),
    dataPathPort: wholeNumber(1024, 49151)
      .refine((value) => !UDP_PORTS.has(value), {
        error: ({ input }) => `${UDP_PORTS.get(Number(input))} uses this port; choose another`,
      })
      .prefault(VXLAN_PORT)
      .describe(
        "UDP port of the overlay network's packets (VXLAN) between the nodes. Change it if the network blocks the port, or uses it for its own VXLAN. A swarm keeps its port: to change it, destroy the stack first.",
      ),
    mtu: wholeNumber(576, MAX_MTU)
      .optional()
      .meta({
        description: `Largest packet of the network between the nodes, in bytes. Tasks on the overlay network get ${VXLAN_BYTES} bytes less, for VXLAN. Set it if that network is not Ethernet's usual 1500: lower in many clouds and VPNs, higher with jumbo frames. A change creates the overlay network and the services on it again.`,
        whenAbsent: String(DEFAULT_MTU),
      }),
    registryPort: wholeNumber(1024, 65535)
      .refine((value) => !STACK_PORTS.has(value), {
        error: ({ input }) => `${STACK_PORTS.get(Number(input))} uses this port; choose another`,
      })
      .prefault(5000)
      .describe("Port of the image registry on the manager. Change it if another program uses this port."),
  })
  .prefault({})
  .describe("The Docker Swarm that the nodes form.");
type Parsed = z.output<typeof swarmSchema>;

/** Settings for the swarm. */
export type SwarmSettings = Omit<Parsed, "drainTimeout"> & { drainTimeoutSec: number };

/** Converts the parsed key to settings with units in their names. */
export function swarmSettings({ drainTimeout, ...rest }: Parsed): SwarmSettings {
  return { ...rest, drainTimeoutSec: drainTimeout };
}
