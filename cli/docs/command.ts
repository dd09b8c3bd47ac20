import { Command } from "commander";

/** `swarmbench docs [--check]` */
export function docsCommand(): Command {
  return new Command("docs")
    .summary("write the configuration's documentation from its schemas")
    .description(
      "Writes docs/configuration.md, docs/configuration.schema.json and the keys in Pulumi.yaml from the schemas in config/.",
    )
    .option("--check", "write nothing; exit code 1 if a file is not current")
    .action(async ({ check = false }: { check?: boolean }) => {
      const { writeDocs } = await import("./main.ts");
      process.exitCode = writeDocs(check) ? 0 : 1;
    });
}
