import type { Command } from "commander";
import { command, fromUpOption, runs } from "../lib/command.ts";

/** `swarmbench reserve` */
export function reserveCommand(): Command {
  const reserve = command({
    name: "reserve",
    summary: "Reserve the nodes of a scenario whose testbed.kind is oar, and nothing else",
    details:
      "Waits until the nodes are ready, and prints their addresses. Existing reservations of the stack are used and never made " +
      "twice; pulumi up -s <scenario> uses them as well. Progress goes to standard error. Ctrl-C while a job is waiting deletes " +
      "the job, if this run submitted it.",
    examples: ["npm run reserve -- -s grid5000", 'npm run reserve -- -s grid5000 --extend "30 minutes"'],
    exits: { done: true, failed: true, usage: true, interrupted: true, terminated: true },
  })
    .option("-s, --stack <scenario>", "scenario whose nodes are reserved; required")
    .option("--list", "show this stack's jobs and their remaining time", false)
    .option(
      "--extend <duration>",
      'extend this stack\'s jobs, if the testbed allows it, by a time such as "30 minutes"',
    )
    .option("--delete", "delete all jobs of this stack, also those that a crash left over", false)
    .addOption(fromUpOption())
    .allowExcessArguments(); // readArguments rejects them, or ignores them with --from-up
  return runs(reserve, async () => (await import("./main.ts")).run);
}
