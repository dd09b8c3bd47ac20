import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench selftest` */
export function selftestCommand(): Command {
  const selftest = command({
    name: "selftest",
    summary: "Check the statistics against simulated brokers and clocks, without Docker",
    details:
      "Prints a table with the measured value and the limit of each property: how often equal systems are called different, " +
      "how often a difference is found, how often the interval of a knee and the bounds of clocks hold, and the error of " +
      "percentiles. Takes one to two minutes. The same commit gives the same numbers.",
    examples: ["npm run selftest", "npm run selftest -- --quick"],
    exits: { done: "every limit is met", failed: "a limit is missed", usage: true },
  }).option("--quick", "fewer simulations, in seconds; limits allow for their sampling error", false);
  return runs(selftest, async () => (await import("./main.ts")).run);
}
