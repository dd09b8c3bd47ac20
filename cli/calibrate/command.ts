import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { QUESTIONS } from "./questions.ts";

/** `swarmbench calibrate` */
export function calibrateCommand(): Command {
  const calibrate = command({
    name: "calibrate",
    summary: "Check the benchmark of a stack that is up, as a sceptic would",
    details:
      "Prints a table: what was done, expected and measured, the limit, and whether it passed. The table is stored line by " +
      "line in runs/calibration-<UTC>-<scenario>/ as calibration.json and calibration.md, with the runs it is made of.\n\n" +
      "The checks:\n" +
      Object.entries(QUESTIONS)
        .map(([name, question]) => `  ${name.padEnd(18)} ${question}`)
        .join("\n") +
      "\n\n" +
      "It runs a proxy on the manager, pauses the brokers, empties its own topics and makes consumers leave messages out; " +
      "each is undone at its end, and at Ctrl-C. Nothing else should load the stack meanwhile.",
    examples: ["npm run calibrate -- -s local --only omission,known-delay --quick"],
    exits: {
      done: "all passed",
      failed: "something failed, or could not be done",
      usage: true,
      interrupted: true,
    },
  })
    .option("-s, --stack <scenario>", "stack to check", "local")
    .option("--only <check,…>", "only these checks (default: all)")
    .option("--quick", "fewer rounds: whether it works, not how well", false)
    .option("--results <folder>", "where results go", "runs");
  return runs(calibrate, async () => (await import("./main.ts")).run);
}
