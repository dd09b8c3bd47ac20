import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench clocks` */
export function clocksCommand(): Command {
  const clocks = command({
    name: "clocks",
    summary: "Show how accurate NTP and PTP are, side by side, on the nodes of a stack that is up",
    details:
      "Beside the one that keeps the time (the setting clockSync.kind), the other one runs on every node for a while, without " +
      "setting any clock, and is removed again. Ctrl-C ends it early, and removes what it had put onto the nodes.\n\n" +
      "Where nodes share one clock, as containers of one machine do, the true offset is 0: what is shown is the method's own " +
      "error.",
    examples: ["npm run clocks -- -s local --seconds 60"],
    exits: { done: true, failed: true, usage: true, interrupted: true },
  })
    .option("-s, --stack <scenario>", "stack whose clocks are compared", "local")
    .option("--seconds <n>", "how long to measure, 5 to 3600", "30")
    .option("--results <folder>", "where clocks-<UTC time>.json goes", "runs");
  return runs(clocks, async () => (await import("./main.ts")).run);
}
