// npm run schema: contract/run.schema.json, for whoever reads results in another language.
import path from "node:path";
import { z } from "zod";
import { runSchema } from "../contract/result.ts";
import { writeWhole } from "./store.ts";

const file = path.resolve(import.meta.dirname, "../contract/run.schema.json");
writeWhole(file, `${JSON.stringify(z.toJSONSchema(runSchema), null, 2)}\n`);
