import { z } from "zod";
import { conditionsSchema } from "../../contract/result.ts";
import { rowSchema } from "./row.ts";

/** The content of calibration.json. */
export const calibrationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  scenario: z.string(),
  /** Fewer rounds: shows whether the checks work, not how exact the benchmark is. */
  quick: z.boolean(),
  startedAt: z.iso.datetime(),
  /** null: the calibration has not finished. */
  endedAt: z.iso.datetime().nullable(),
  /** Conditions of the first run; null: no run has finished. */
  conditions: conditionsSchema.nullable(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      question: z.string(),
      startedAt: z.iso.datetime(),
      endedAt: z.iso.datetime().nullable(),
      /** Names of its benchmark runs; their folders are in runs/ next to this file. */
      runs: z.array(z.string()),
      rows: z.array(rowSchema),
    }),
  ),
});
/** The results of a calibration. */
export type Calibration = z.output<typeof calibrationSchema>;
