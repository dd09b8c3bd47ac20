import type { Command } from "commander";
import { collect, command, runs } from "../lib/command.ts";

/** `swarmbench doctor` */
export function doctorCommand(): Command {
  const doctor = command({
    name: "doctor",
    summary: "Show what this checkout is missing and what crashes left over, and remove the leftovers",
    details:
      "Leftovers are containers, networks and volumes of this checkout that are in none of its stacks; processes and locks of a " +
      "pulumi that has ended; incomplete files; faults (benchmark.faults) of a run that was killed; and OAR jobs that are reserved for a scenario (testbed.kind: oar) but are not " +
      "in its stack. Reservations are checked for stacks that were brought up and for scenarios named with --stack, for example " +
      "after npm run reserve. A damaged file of Pulumi's state is replaced by Pulumi's own backup.",
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
