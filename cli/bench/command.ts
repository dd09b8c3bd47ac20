import type { Command } from "commander";
import { collect, command, fromUpOption, runs } from "../lib/command.ts";

/** `swarmbench bench` */
export function benchCommand(): Command {
  const bench = command({
    name: "bench",
    summary: "Run the benchmark of a stack that is up, without changing the stack",
    details:
      "Shows its progress, then a table. Writes run.json, events.jsonl, report.html and the plots to runs/<run>/.\n\n" +
      "Ctrl-C stops the run cleanly and keeps finished steps. If the connection to the manager is lost, the run continues " +
      "there, and the same command follows it again. On reserved nodes, the run is stopped before a step that may not " +
      "end before the reservation does.",
    examples: [
      "npm run bench -- -s local --set producers=100 --set search=null",
      "npm run bench -- -s local --aba --set acks=1",
      "npm run bench -- --resume runs/20261124T102030Z-local-0a1b2c",
    ],
    exits: {
      done: true,
      failed: true,
      usage: true,
      sloMissed: "with --fail-on-slo: a step missed the SLO, and no knee was found",
      worse: "with --aba --fail-on-worse: a latency of B is higher or its knee lower",
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
      "run the scenario and the scenario with the changes of --set in turns (A B B A …), with another seed for each " +
        "pair, and compare all steps of both",
      false,
    )
    .option("--replicates <number>", "runs of each side of --aba, at least 5", Number, 5)
    .option("--fail-on-slo", "exit with code 3 if a step missed the SLO and no knee was found", false)
    .option(
      "--fail-on-worse",
      "with --aba: exit with code 4 if a latency of B is higher or its knee lower",
      false,
    )
    .option("--junit <file>", "write a JUnit XML file: of the run's steps, or with --aba of the comparison")
    .option("--stop", "stop the run that is under way", false)
    .option("--results <folder>", "folder for the results", "runs")
    .addOption(fromUpOption());
  return runs(bench, async () => (await import("./main.ts")).run);
}
