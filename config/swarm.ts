import { z } from "zod";
import { duration, wholeNumber, wholeSeconds, within } from "../contract/units.ts";
import { pool } from "./nodes.ts";
import { STACK_PORTS } from "./ports.ts";

/** The configuration key `swarm`. */
export const swarmSchema = z
  .strictObject({
    addressPool: pool.prefault("10.176.0.0/16").meta({
      description:
        "Range for the swarm's own networks. Change it if your network or the testbed's uses this range.",
      valueType: "network such as `10.176.0.0/16`",
    }),
    drainTimeout: wholeSeconds(within(duration, { most: [3600, "60 minutes"] }))
      .prefault("60 seconds")
      .describe(
        "Time limit for a node that leaves to hand over its tasks. Raise it if services stop slowly.",
      ),
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
