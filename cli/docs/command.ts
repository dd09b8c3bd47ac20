import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import { command, runs } from "../lib/command.ts";

/** `swarmbench docs`. The exit code is 1 where `--check` finds a file that is not current. */
export function docsCommand(): Command {
  const docs = command({
    name: "docs",
    summary: "Write the configuration's documentation from its schemas",
    details:
      "Writes docs/configuration.md, docs/configuration.schema.json and the keys in Pulumi.yaml from the schemas in config/.",
    examples: ["npm run docs", "npm run docs -- --check"],
    exits: { done: "the files are current", failed: "a file is not current", usage: "wrong arguments" },
  }).option("--check", "write nothing; exit code 1 if a file is not current");
  return runs(docs, async () => async (chosen: Command) => {
    const { check = false } = chosen.opts<{ check?: boolean }>();
    const { writeDocs } = await import("./main.ts");
    return writeDocs(check) ? EXIT.done : EXIT.failed;
  });
}
