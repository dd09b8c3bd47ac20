import type { Command } from "commander";
import { command, fromUpOption, runs } from "../lib/command.ts";

/** `swarmbench reserve` */
export function reserveCommand(): Command {
  const reserve = command({
    name: "reserve",
    summary: "Reserve the nodes of a scenario whose testbed.kind is oar, and nothing else",
    details:
      "Waits until the nodes are there, and prints their addresses. What is reserved already is taken, never doubled; pulumi " +
      "up -s <scenario> takes it as well. Progress goes to standard error. Ctrl-C while a job waits deletes it, if this run " +
      "made it.",
    examples: ["npm run reserve -- -s grid5000", 'npm run reserve -- -s grid5000 --extend "30 minutes"'],
    exits: { done: true, failed: true, usage: true, interrupted: true },
  })
    .option("-s, --stack <scenario>", "scenario whose nodes are reserved; required")
    .option("--list", "shows this stack's jobs, and how long they last", false)
    .option(
      "--extend <duration>",
      'lengthens this stack\'s jobs, where the testbed allows it, such as "30 minutes"',
    )
    .option(
      "--delete",
      "deletes all jobs of this stack, also those that a crash has left; none is fine",
      false,
    )
    .addOption(fromUpOption())
    .allowExcessArguments(); // which are refused with our words, or ignored with --from-up
  return runs(reserve, async () => (await import("./main.ts")).run);
}
