import { z } from "zod";
import { duration, wholeNumber } from "../contract/units.ts";
import { SWARM_PORTS } from "../lib/addresses.ts";
import { subnet } from "./nodes.ts";

/** The configuration key `swarm`. */
export const swarmSchema = z
  .strictObject({
    addressPool: subnet.prefault("10.176.0.0/16").meta({
      description:
        "Range for the swarm's own networks. Change it if your network or the testbed's uses this range.",
      valueType: "network such as `10.176.0.0/16`",
    }),
    drainTimeout: duration
      .prefault("60 seconds")
      .describe(
        "Time limit for a node that leaves to hand over its tasks. Raise it if services stop slowly.",
      ),
    registryPort: wholeNumber(1024, 65535)
      .refine((value) => !SWARM_PORTS.includes(value), "the swarm itself uses this port")
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
