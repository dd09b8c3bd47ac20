import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import { command, runs } from "../lib/command.ts";

/**
 * `swarmbench docs`. The exit code is 1 if `--check` finds an error.
 *
 * @param program the whole program, to check the commands that the documentation names
 */
export function docsCommand(program: () => Promise<Command>): Command {
  const docs = command({
    name: "docs",
    summary: "Generate the documentation of the configuration from its schemas",
    details:
      "Writes docs/configuration.md, docs/configuration.schema.json and the keys in Pulumi.yaml from the schemas in config/.\n\n" +
      "--check also checks every Markdown file: that its links are not broken, and that the commands it names exist; the " +
      "README's length; and that exported symbols have docstrings.",
    examples: ["npm run docs", "npm run docs -- --check"],
    exits: { done: "the files are up to date", failed: "the check found an error", usage: "wrong arguments" },
  }).option(
    "--check",
    "only check; the exit code is 1 if a file is out of date or the documentation has an error",
  );
  return runs(docs, async () => async (chosen: Command) => {
    const { check = false } = chosen.opts<{ check?: boolean }>();
    const { checkDocs, writeDocs } = await import("./main.ts");
    const isCurrent = writeDocs(check);
    const isCorrect = !check || checkDocs(await program());
    return isCurrent && isCorrect ? EXIT.done : EXIT.failed;
  });
}
