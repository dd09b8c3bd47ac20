import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench report` */
export function reportCommand(): Command {
  const report = command({
    name: "report",
    summary: "Build run.json, report.html and the plots of a run from its events, and print its table",
    details: "Also works for a run that was interrupted or that another version made.",
    examples: [
      "npm run report -- runs/20261124T102030Z-local-0a1b2c --markdown",
      "npm run report -- runs/20261124T102030Z-local-0a1b2c --junit junit.xml --fail-on-slo",
    ],
    exits: {
      done: true,
      failed: "there are no results, or the report cannot be written",
      usage: "wrong arguments, or a run cannot be read",
      sloMissed: "with --fail-on-slo: a run missed the SLO, or did not decide it",
    },
  })
    .argument("[folder...]", "results folders, such as runs/<run> (default: the latest run)")
    .option("--markdown", "print the table as Markdown", false)
    .option("--junit <file>", "write a JUnit XML file with a test case for each step; of one run only")
    .option("--fail-on-slo", "exit with code 3 unless every step met the SLO or a knee was found", false);
  return runs(report, async () => (await import("./main.ts")).run);
}
