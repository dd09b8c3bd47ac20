// Every key of a stack's configuration with its schema. docs/configuration.md is generated from the schemas.
import { z } from "zod";
import { benchSchema } from "./benchmark.ts";
import { clockSchema } from "./clocks.ts";
import { nodesSchema } from "./nodes.ts";
import { serviceSchema } from "./services/index.ts";
import { swarmSchema } from "./swarm.ts";
import { testbedSchema } from "./testbed/index.ts";

const namespace = z
  .string()
  .regex(/^[a-z0-9]{1,20}$/, "expected 1 to 20 lower-case letters or digits")
  .or(z.literal(""))
  .prefault("")
  .meta({
    description:
      "Distinguishes the stacks of several users on one machine: 1 to 20 lower-case letters or digits. Set it if several people share one login.",
    valueType: "text",
    whenAbsent: "your user name",
  });

/** The schema of each key, in the order used by messages and documentation. */
export const settingsSchema = {
  nodes: nodesSchema,
  namespace,
  testbed: testbedSchema,
  swarm: swarmSchema,
  clockSync: clockSchema,
  ...serviceSchema,
  ...benchSchema,
};
/** A key of the configuration, without the prefix `swarmbench:`. */
export type SettingsKey = keyof typeof settingsSchema;

/** The configuration with each key parsed on its own. */
export type ParsedSettings = { [K in SettingsKey]: z.output<(typeof settingsSchema)[K]> };
