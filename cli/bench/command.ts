import type { Command } from "commander";
import { collect, command, fromUpOption, runs } from "../lib/command.ts";

/** `swarmbench bench` */
export function benchCommand(): Command {
  const bench = command({
    name: "bench",
    summary: "Run the benchmark of a stack that is up, without changing the stack",
    details:
      "Shows its progress, then a table. Writes run.json, events.jsonl, report.html and the plots to runs/<run>/.\n\n" +
      "Ctrl-C stops the run in order and keeps finished steps. If the connection to the manager is lost, the run continues " +
      "there, and the same command follows it again. On reserved nodes, the run is stopped before a step that may not " +
      "end before the reservation does.",
    examples: [
      "npm run bench -- -s local --set producers=100 --set search=null",
      "npm run bench -- --resume runs/20261124T102030Z-local-0a1b2c",
    ],
    exits: {
      done: true,
      failed: true,
      usage: true,
      sloMissed: "with --fail-on-slo: a step missed the SLO, and no knee was found",
      abaVoid: "with --aba: the two runs of the scenario differ, so the comparison is void",
      outOfTime: true,
      interrupted: true,
      terminated: true,
    },
  })
    .option("-s, --stack <scenario>", "stack to measure", "local")
    .option(
      "--set <key=value>",
      'change a setting of workload or benchmark for this run, such as producers=300, duration="30 seconds", ' +
        "'sweep.producers=[1,100]' or search=null; can be repeated",
      collect,
      [],
    )
    .option(
      "--resume <folder>",
      "continue an unfinished run, such as runs/<run>; finished steps are not repeated",
    )
    .option(
      "--aba",
      "run the scenario, then the scenario with the changes of --set, then the scenario again, and compare; void if " +
        "the two runs of the scenario differ",
      false,
    )
    .option("--fail-on-slo", "exit with code 3 if a step missed the SLO and no knee was found", false)
    .option("--stop", "stop the run that is under way", false)
    .option("--results <folder>", "folder for the results", "runs")
    .addOption(fromUpOption());
  return runs(bench, async () => (await import("./main.ts")).run);
}
