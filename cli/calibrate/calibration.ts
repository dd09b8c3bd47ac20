// What calibration.json has.
import { z } from "zod";
import { conditionsSchema } from "../../contract/result.ts";
import { rowSchema } from "./row.ts";

export const calibrationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  scenario: z.string(),
  /** Fewer rounds: whether it works, not how well. */
  quick: z.boolean(),
  startedAt: z.iso.datetime(),
  /** null: it is under way, or was cut off. */
  endedAt: z.iso.datetime().nullable(),
  /** Of the first run; null: there was none. */
  conditions: conditionsSchema.nullable(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      question: z.string(),
      startedAt: z.iso.datetime(),
      endedAt: z.iso.datetime().nullable(),
      /** Names of the benchmark's runs, whose folders are below runs/. */
      runs: z.array(z.string()),
      rows: z.array(rowSchema),
    }),
  ),
});
export type Calibration = z.output<typeof calibrationSchema>;
