import type { Command } from "commander";
import { collect, command, runs } from "../lib/command.ts";

/** `swarmbench doctor` */
export function doctorCommand(): Command {
  const doctor = command({
    name: "doctor",
    summary: "Show what this checkout is missing and what crashes left over, and remove the leftovers",
    details:
      "Leftovers are containers, networks and volumes of this checkout that none of its stacks knows, processes and locks whose " +
      "pulumi has ended, incomplete files, and OAR jobs that are reserved for a scenario (testbed.kind: oar) whose stack does " +
      "not know them. Reservations are checked for stacks that have been brought up, and for the scenarios of --stack, such as " +
      "those of npm run reserve. A damaged file of Pulumi's state is replaced by Pulumi's own backup.",
    examples: ["npm run doctor -- --clean", "npm run doctor -- -s grid5000"],
    exits: {
      done: "all is well",
      failed: "something is missing, damaged or left over",
      usage: "wrong arguments",
      interrupted: true,
      terminated: true,
    },
  })
    .option(
      "-s, --stack <scenario>",
      "also check reservations of this scenario; may be repeated",
      collect,
      [],
    )
    .option(
      "--clean",
      "remove the leftovers of this checkout, and restore damaged Pulumi state from its backup",
      false,
    )
    .option("--gone", "with --clean: also remove leftovers of checkouts whose folder is gone", false);
  return runs(doctor, async () => (await import("./main.ts")).run);
}
