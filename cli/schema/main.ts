import path from "node:path";
import { z } from "zod";
import { runSchema } from "../../contract/result.ts";
import { writeWhole } from "../../results/store.ts";
import { project } from "../lib/paths.ts";

const FILE = path.join(project, "results/run.schema.json");

/** Writes the JSON schema of a run's results. */
export function run(): undefined {
  writeWhole(FILE, `${JSON.stringify(z.toJSONSchema(runSchema), null, 2)}\n`);
}
