import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench report` */
export function reportCommand(): Command {
  const report = command({
    name: "report",
    summary: "Build run.json, report.html and the plots of a run again, and print its table",
    details: "Also works for a run that was cut off.",
    examples: ["npm run report -- runs/20261124T102030Z-local-0a1b2c --markdown"],
    exits: { done: true, failed: "a folder cannot be read or written", usage: "wrong arguments" },
  })
    .argument("[folder...]", "folders of runs/ (default: the latest)")
    .option("--markdown", "prints the table for a README", false);
  return runs(report, async () => (await import("./main.ts")).run);
}
