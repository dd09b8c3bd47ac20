import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { QUESTIONS } from "./questions.ts";

/** `swarmbench calibrate` */
export function calibrateCommand(): Command {
  const calibrate = command({
    name: "calibrate",
    summary: "Check that the benchmark on a stack that is up measures correctly",
    details:
      "Prints a table with a row for each check: what was done, the expected and the measured value, the limit, and whether " +
      "it passed. Each row is stored at once in calibration.json and calibration.md, next to the runs it is based on, in " +
      "runs/calibration-<UTC time>-<scenario>/.\n\n" +
      "The checks:\n" +
      Object.entries(QUESTIONS)
        .map(([name, question]) => `  ${name.padEnd(18)} ${question}`)
        .join("\n") +
      "\n\n" +
      "The checks run a proxy on the manager, pause the brokers, truncate their own topics and make consumers skip messages. " +
      "Each check undoes this at its end and at Ctrl-C. Put no other load on the stack in the meantime.",
    examples: ["npm run calibrate -- -s local --only omission,known-delay --quick"],
    exits: {
      done: "every check passed",
      failed: "a check failed or could not be run",
      usage: true,
      interrupted: true,
      terminated: true,
    },
  })
    .option("-s, --stack <scenario>", "stack to check", "local")
    .option("--only <check,…>", "run only these checks (default: all)")
    .option("--quick", "fewer rounds: shows whether the checks work, not how exact the benchmark is", false)
    .option("--results <folder>", "folder for the results", "runs");
  return runs(calibrate, async () => (await import("./main.ts")).run);
}
