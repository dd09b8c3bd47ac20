import type { Command } from "commander";
import { collect, command, runs } from "../lib/command.ts";

/** `swarmbench export` */
export function exportCommand(): Command {
  const exported = command({
    name: "export",
    summary: "Export a run for a paper: CSV, histograms, LaTeX, BibTeX and an RO-Crate, in one folder",
    details:
      "The folder has a CSV file and a pgfplots picture of every figure, HdrHistogram's .hgrm files of every step, a LaTeX " +
      "table with intervals, the conditions as a paragraph, and a README that explains how to draw the figures. The same run " +
      "gives the same files, byte for byte. A run that was cut off is exported as far as it went.",
    examples: [
      "npm run export -- runs/20261124T102030Z-local-0a1b2c",
      'npm run export -- runs/20261124T102030Z-local-0a1b2c --out paper/data --author "Ada Lovelace" --license CC-BY-4.0',
    ],
    exits: {
      done: true,
      failed: "there are no results, or the export cannot be written",
      usage: "wrong arguments, a run that cannot be read, or a folder that already has files",
    },
  })
    .argument("[folder]", "results folder, such as runs/<run> (default: the latest run)")
    .option("--out <folder>", "folder to write (default: export/ in the results folder)")
    .option("--force", "replace an earlier export in this folder; other files in it stay", false)
    .option(
      "--author <name>",
      'who made the run, as "Name" or "Name <https://orcid.org/…>"; can be repeated',
      collect,
      [],
    )
    .option("--license <id>", "SPDX identifier of the licence of these results, such as CC-BY-4.0");
  return runs(exported, async () => (await import("./main.ts")).run);
}
