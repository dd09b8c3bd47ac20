import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench compare` */
export function compareCommand(): Command {
  const compare = command({
    name: "compare",
    summary: "Put runs side by side",
    details:
      "Shows what they were made on, their curves, their knees, which latencies differ, beside it what differs in the " +
      "network, and every condition in which they differ. The first is what the others are compared with. A latency is " +
      "tested where both runs have at least five steps of the same value; else it cannot be told. bench --aba makes such runs.",
    examples: [
      "npm run compare -- runs/20261124T102030Z-single-broker-0a1b2c runs/20261124T112030Z-tuned-3d4e5f",
    ],
    exits: {
      done: true,
      failed: "a folder cannot be read, or the runs cannot be compared",
      usage: "wrong arguments",
    },
  })
    .argument("[folder...]", "folders of runs/, two at least")
    .option(
      "--force",
      "compares also what cannot be compared (other SLOs, other variables); the report says so",
      false,
    )
    .option("--out <folder>", "where compare.html goes", "runs/compare");
  return runs(compare, async () => (await import("./main.ts")).run);
}
