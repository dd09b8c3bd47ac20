// npm run schema: results/run.schema.json, for whoever reads results in another language.
import path from "node:path";
import { z } from "zod";
import { runSchema } from "../../contract/result.ts";
import { writeWhole } from "../../results/store.ts";

const file = path.resolve(import.meta.dirname, "../../results/run.schema.json");
writeWhole(file, `${JSON.stringify(z.toJSONSchema(runSchema), null, 2)}\n`);
