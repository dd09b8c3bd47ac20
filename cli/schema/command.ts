import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench schema` */
export function schemaCommand(): Command {
  const schema = command({
    name: "schema",
    summary: "Write results/run.schema.json, the JSON schema of a run's results",
    details:
      "Programs in other languages can use it to read results. A test checks that the committed file is up to date.",
    examples: ["npm run schema"],
    exits: { done: "written", failed: true, usage: "wrong arguments" },
  });
  return runs(schema, async () => (await import("./main.ts")).run);
}
