import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import { command, runs } from "../lib/command.ts";

/** `swarmbench docs`. The exit code is 1 if `--check` finds a file that is out of date. */
export function docsCommand(): Command {
  const docs = command({
    name: "docs",
    summary: "Generate the documentation of the configuration from its schemas",
    details:
      "Writes docs/configuration.md, docs/configuration.schema.json and the keys in Pulumi.yaml from the schemas in config/.",
    examples: ["npm run docs", "npm run docs -- --check"],
    exits: { done: "the files are up to date", failed: "a file is out of date", usage: "wrong arguments" },
  }).option("--check", "only check; the exit code is 1 if a file is out of date");
  return runs(docs, async () => async (chosen: Command) => {
    const { check = false } = chosen.opts<{ check?: boolean }>();
    const { writeDocs } = await import("./main.ts");
    return writeDocs(check) ? EXIT.done : EXIT.failed;
  });
}
