import type { Command } from "commander";
import { collect, command, fromUpOption, runs } from "../lib/command.ts";

/** `swarmbench bench` */
export function benchCommand(): Command {
  const bench = command({
    name: "bench",
    summary: "Run the benchmark of a stack that is up, without changing the stack",
    details:
      "Shows its progress, then a table; runs/<run>/ gets run.json, events.jsonl, report.html and the plots.\n\n" +
      "Ctrl-C stops the run in order: finished steps are kept. If the connection to the manager is lost, the run goes on " +
      "there, and the same command follows it again. On reserved nodes a run is stopped before a step that would not " +
      "end in time.",
    examples: [
      "npm run bench -- -s local --set producers=100 --set search=null",
      "npm run bench -- -s local --aba --set acks=1",
      "npm run bench -- --resume runs/20261124T102030Z-local-0a1b2c",
    ],
    exits: {
      done: true,
      failed: true,
      usage: true,
      sloMissed: "with --fail-on-slo: a step misses the SLO and no knee was searched or found",
      outOfTime: true,
      interrupted: true,
    },
  })
    .option("-s, --stack <scenario>", "stack to measure", "local")
    .option(
      "--set <key=value>",
      'changes a setting of workload or benchmark for this run, such as producers=300, duration="30 seconds", ' +
        "'sweep.producers=[1,100]' or search=null; may be repeated",
      collect,
      [],
    )
    .option("--resume <folder>", "continues an unfinished run in runs/; steps that are done are not repeated")
    .option(
      "--aba",
      "runs the scenario and the same with the changes of --set in turns (A B B A …), with another seed each time, and " +
        "compares all steps of both",
      false,
    )
    .option("--replicates <number>", "runs of each side of --aba, at least 5", Number, 5)
    .option(
      "--fail-on-slo",
      "ends with 3 where a step misses the SLO and no knee was searched or found",
      false,
    )
    .option("--stop", "stops the run that is under way", false)
    .option("--results <folder>", "where results go", "runs")
    .addOption(fromUpOption());
  return runs(bench, async () => (await import("./main.ts")).run);
}
