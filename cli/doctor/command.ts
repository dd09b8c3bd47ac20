import type { Command } from "commander";
import { collect, command, runs } from "../lib/command.ts";

/** `swarmbench doctor` */
export function doctorCommand(): Command {
  const doctor = command({
    name: "doctor",
    summary: "Show what this checkout is missing and what a crash left over, and remove the latter",
    details:
      "Left over: containers, networks and volumes that carry our label and that no stack knows, processes and locks whose " +
      "pulumi is gone, half-made files, and jobs of OAR that are reserved for a scenario (testbed.kind: oar) whose stack does " +
      "not know them. Reservations are looked for where a stack has been brought up, and for the scenarios of --stack, such as " +
      "those of npm run reserve.",
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
      "also looks for reservations of this scenario; may be repeated",
      collect,
      [],
    )
    .option("--clean", "removes what this checkout has left over, and nothing else", false)
    .option("--gone", "with --clean: removes as well what belongs to checkouts whose folder is gone", false);
  return runs(doctor, async () => (await import("./main.ts")).run);
}
