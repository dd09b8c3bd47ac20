import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench clocks` */
export function clocksCommand(): Command {
  const clocks = command({
    name: "clocks",
    summary: "Compare the accuracy of NTP and PTP on the nodes of a stack that is up",
    details:
      "The setting clockSync.kind selects the protocol that keeps the nodes' time. This command runs the other one next to it on " +
      "every node for a while, without setting any clock, and removes it afterwards. Ctrl-C ends the comparison early; " +
      "nothing stays on the nodes.\n\n" +
      "Containers on one machine share its clock, so that the true offset is 0: the table then shows the error of the " +
      "method itself.",
    examples: ["npm run clocks -- -s local --seconds 60"],
    exits: { done: true, failed: true, usage: true, interrupted: true, terminated: true },
  })
    .option("-s, --stack <scenario>", "stack whose clocks are compared", "local")
    .option("--seconds <n>", "how long to measure, 5 to 3600", "30")
    .option("--results <folder>", "folder for clocks-<UTC time>.json", "runs");
  return runs(clocks, async () => (await import("./main.ts")).run);
}
