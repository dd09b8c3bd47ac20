// Every key of a stack's configuration, with its schema. The schemas describe themselves: docs/configuration.md is made from them.
import { z } from "zod";
import { benchSchema } from "./benchmark.ts";
import { clockSchema } from "./clocks.ts";
import { nodesSchema } from "./nodes.ts";
import { partSchema } from "./services/index.ts";
import { swarmSchema } from "./swarm.ts";
import { testbedSchema } from "./testbed/index.ts";

const namespace = z
  .string()
  .regex(/^[a-z0-9]{1,20}$/, "expected 1 to 20 lower-case letters or digits")
  .or(z.literal(""))
  .prefault("")
  .meta({
    description:
      "Keeps the names of several users' stacks on one machine apart, 1 to 20 lower-case letters or digits. Set it if several people share one login.",
    valueType: "text",
    whenAbsent: "your user's name",
  });

/** The schema of each key, in the order of messages and documentation. */
export const settingsSchema = {
  nodes: nodesSchema,
  namespace,
  testbed: testbedSchema,
  swarm: swarmSchema,
  clockSync: clockSchema,
  ...partSchema,
  ...benchSchema,
};
export type SettingsKey = keyof typeof settingsSchema;

/** The configuration, each key checked by itself. */
export type ParsedSettings = { [K in SettingsKey]: z.output<(typeof settingsSchema)[K]> };
