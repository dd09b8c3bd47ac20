import type { Command } from "commander";
import { collect, command, fromUpOption, runs } from "../lib/command.ts";
import { DEFAULT_PREFIX } from "./prefix.ts";

/** `swarmbench bench` */
export function benchCommand(): Command {
  const bench = command({
    name: "bench",
    summary: "Run the benchmark of a stack that is up, or of any Kafka (--bootstrap)",
    details:
      "Shows its progress, then a table. Writes run.json, events.jsonl, report.html and the plots to runs/<run>/.\n\n" +
      "Ctrl-C stops the run cleanly and keeps finished steps. If the connection to the manager is lost, the run continues " +
      "there, and the same command reattaches to it. On reserved nodes, the run stops before a step that might outlast " +
      "the reservation.\n\n" +
      "With --bootstrap, the producers and consumers are processes of this machine, and Kafka may run anywhere. Topics are " +
      "created with --prefix, and deleted at the end, also after Ctrl-C. Nothing else on the cluster is changed.",
    examples: [
      "npm run bench -- -s local --set producers=100 --set search=null",
      "npm run bench -- -s local --aba --set acks=1",
      "npm run bench -- --resume runs/20261124T102030Z-local-0a1b2c",
      "npm run bench -- --bootstrap kafka.lab:9092 --producers 100 --rate 10",
      "npm run bench -- --properties client.properties -f workload.yaml",
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
      "alternate between the scenario and the scenario with the changes of --set (A B B A …), with a new seed for " +
        "each pair, and compare all steps of both",
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
    .option("--bootstrap <host:port,...>", "measure this Kafka instead of a stack")
    .option(
      "--properties <file>",
      "properties of a Kafka client, such as security.protocol and sasl.jaas.config; bootstrap.servers is used too",
    )
    .option(
      "-f, --file <file>",
      "with --bootstrap: workload and benchmark (YAML), or a workload of the OpenMessaging Benchmark",
    )
    .option("--producers <number>", "with --bootstrap: logical producers (default: 100)")
    .option("--rate <number>", "with --bootstrap: messages per second of each producer (default: 10)")
    .option(
      "--total-rate <number>",
      "with --bootstrap: messages per second of all producers, instead of --rate",
    )
    .option("--consumers <number>", "with --bootstrap: consumers in each group (default: 1)")
    .option("--groups <number>", "with --bootstrap: consumer groups (default: 1)")
    .option("--topics <number>", "with --bootstrap: topics (default: 1)")
    .option("--partitions <number>", "with --bootstrap: partitions of each topic (default: 12)")
    .option("--message-bytes <number>", "with --bootstrap: length of a message (default: 200)")
    .option("--acks <acks>", "with --bootstrap: 0, 1 or all (default: all)")
    .option(
      "--client <name>",
      "with --bootstrap: platformatic or kafkajs (default: platformatic if this Node.js runs it)",
    )
    .option("--duration <time>", 'with --bootstrap: measured time of a step (default: "10 seconds")')
    .option(
      "--agents <number>",
      "with --bootstrap: producer processes, and consumer processes, on this machine",
      Number,
    )
    .option(
      "--prefix <text>",
      "with --bootstrap: start of the names of topics, groups and clients",
      DEFAULT_PREFIX,
    )
    .addOption(fromUpOption());
  return runs(bench, async () => (await import("./main.ts")).run);
}
