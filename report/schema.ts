// npm run schema: contract/run.schema.json, for whoever reads results in another language.
import path from "node:path";
import { z } from "zod";
import { runSchema } from "../contract/result";
import { writeWhole } from "./store";

const file = path.resolve(__dirname, "../contract/run.schema.json");
writeWhole(file, `${JSON.stringify(z.toJSONSchema(runSchema), null, 2)}\n`);
