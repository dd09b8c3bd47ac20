import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench compare` */
export function compareCommand(): Command {
  const compare = command({
    name: "compare",
    summary: "Compare runs side by side",
    details:
      "Compares each run with the first one: testbeds, latency curves, knees, the latencies that differ next to the " +
      "differences of the network, and every condition that differs. A latency is tested if both runs have at least five " +
      'steps of the same load; otherwise the answer is "cannot tell". bench --aba makes such runs.',
    examples: [
      "npm run compare -- runs/20261124T102030Z-single-broker-0a1b2c runs/20261124T112030Z-tuned-3d4e5f",
    ],
    exits: {
      done: true,
      failed: "the runs cannot be compared, or compare.html cannot be written",
      usage: "wrong arguments, or a run cannot be read",
      worse: "with --fail-on-worse: a latency is higher or a knee lower than that of the first run",
    },
  })
    .argument("[folder...]", "at least two results folders, such as runs/<run>")
    .option("--force", "compare runs with different SLOs or variables too; the result says so", false)
    .option("--junit <file>", "write a JUnit XML file with a test case for each compared value")
    .option(
      "--fail-on-worse",
      "exit with code 4 if a latency is higher or a knee lower than that of the first run; only differences that the statistical test finds count",
      false,
    )
    .option("--out <folder>", "folder for compare.html", "runs/compare");
  return runs(compare, async () => (await import("./main.ts")).run);
}
