import type { Command } from "commander";
import { command, type Run, runs } from "../lib/command.ts";

const EXITS = {
  done: true,
  failed: true,
  usage: "wrong arguments",
  interrupted: true,
  terminated: true,
} as const;

/** `swarmbench figures`, with a subcommand for each quantity that is measured on this machine. */
export function figuresCommand(): Command {
  return command({
    name: "figures",
    summary: "Measure swarmbench itself on this machine: its run times, resource use and accuracy",
    details:
      "Each subcommand but audit, watch and page brings up its own stack and destroys it at the end, also after a failure and at Ctrl-C.",
    examples: ["npm run bench:testbed -- --rounds 3"],
    exits: EXITS,
  })
    .addCommand(testbedCommand())
    .addCommand(hostsCommand())
    .addCommand(stackCommand())
    .addCommand(idleCommand())
    .addCommand(demosCommand())
    .addCommand(clientsCommand())
    .addCommand(auditCommand())
    .addCommand(watchCommand())
    .addCommand(pageCommand());
}

function testbedCommand(): Command {
  const testbed = command({
    name: "testbed",
    summary: "Measure how long setup, up and destroy take on the local testbed",
    details: "Prints a table of medians, each with its smallest and largest sample.",
    examples: ["npm run bench:testbed -- --rounds 3"],
    exits: EXITS,
  })
    .option("--rounds <n>", "number of rounds", "5")
    .option(
      "--cold",
      "also measure one setup from nothing: in a copy of this checkout, with its own cache, keys and images",
      false,
    );
  return runs(
    testbed,
    loadOf(() => import("./testbed.ts")),
  );
}

function hostsCommand(): Command {
  const hosts = command({
    name: "hosts",
    summary: "Measure how the time to prepare machines grows with their number",
    details: "More than 32 machines need a larger neighbour table in the kernel.",
    examples: ["npm run bench:hosts -- --counts 1,5,10"],
    exits: EXITS,
  }).option("--counts <n,…>", "numbers of machines", "1,5,10,25,50");
  return runs(
    hosts,
    loadOf(() => import("./hosts.ts")),
  );
}

function stackCommand(): Command {
  const stack = command({
    name: "stack",
    summary: "Measure how long the whole stack takes, and how much memory and CPU it uses",
    details:
      "Brings up three nodes with Kafka, InfluxDB, Telegraf and Grafana, observes them while they are idle, and destroys " +
      "them, once per sample. Then prints the sizes of the images. Takes about three minutes per sample.",
    examples: ["npm run bench:stack -- --samples 1"],
    exits: EXITS,
  })
    .option("--samples <n>", "number of samples", "3")
    .option("--brokers <n>", "also measure a stack with this many brokers, on nodes of role broker only");
  return runs(
    stack,
    loadOf(() => import("./stack.ts")),
  );
}

function idleCommand(): Command {
  const idle = command({
    name: "idle",
    summary: "Measure how much of the machine's CPU time an idle stack uses",
    details:
      "Brings up the stack of each scenario without a benchmark, and reads from /proc/stat which share of the machine is busy. " +
      "About 6 minutes a scenario. Only meaningful while nothing else runs.",
    examples: ["npm run bench:idle", "npm run bench:idle -- --scenarios local --samples 1"],
    exits: EXITS,
  })
    .option("--scenarios <name,…>", "scenarios of the local testbed", "local,cluster-3")
    .option("--samples <n>", "number of samples of each scenario", "3")
    .option("--seconds <n>", "duration of a sample, s", "60");
  return runs(
    idle,
    loadOf(() => import("./idle.ts")),
  );
}

function demosCommand(): Command {
  const demos = command({
    name: "demos",
    summary: "Run the demo several times, and check that its answers agree",
    details:
      "Runs setup, then brings up the scenario local with its benchmark on a new stack for each run. Prints each knee with its " +
      "interval, what limited the load beyond it, the time of the benchmark and that of the whole `up`, and whether all " +
      "intervals overlap. The results are kept in runs/. About 8 minutes a run. Only meaningful while nothing else runs.",
    examples: ["npm run bench:demos", "npm run bench:demos -- --runs 2"],
    exits: { ...EXITS, failed: "it failed, no load met the SLO in a run, or the intervals do not overlap" },
  }).option("--runs <n>", "number of runs", "5");
  return runs(
    demos,
    loadOf(() => import("./demos.ts")),
  );
}

function clientsCommand(): Command {
  const clients = command({
    name: "clients",
    summary: "Compare the benchmark with independent tools on one stack",
    details:
      "Brings up a stack with one broker and measures in turn with the yardstick (franz-go), the agents with kafkajs and " +
      "with @platformatic/kafka, and Kafka's EndToEndLatency. Prints medians and ratios. Takes about 3 minutes per round.",
    examples: ["npm run bench:clients -- --rounds 1"],
    exits: EXITS,
  })
    .option("--rounds <n>", "number of rounds", "3")
    .option("--producers <n>", "logical producers", "600")
    .option("--rate <n>", "messages per second of all producers together", "5000");
  return runs(
    clients,
    loadOf(() => import("./clients.ts")),
  );
}

function auditCommand(): Command {
  const audit = command({
    name: "audit",
    summary: "Compare what is measured with other tools, on one Kafka process of this machine",
    details:
      "Starts a broker on the loopback interface, without Docker, and measures in turn with the yardstick (franz-go), with " +
      "agents as processes, and with Kafka's EndToEndLatency. Then applies the rule of OpenMessaging Benchmark (whole " +
      "milliseconds, samples of 0 dropped) to the agents' own samples: what share it would have kept, and what median it " +
      "would have reported. Takes about 90 seconds per round. The first time it compiles the yardstick and fetches Kafka.",
    examples: ["npm run bench:audit", "npm run bench:audit -- --rounds 1 --producers 100 --rate 2000"],
    exits: EXITS,
  })
    .option("--rounds <n>", "number of rounds", "5")
    .option("--producers <n>", "logical producers", "50")
    .option("--rate <n>", "messages per second of all producers together", "500")
    .option("--seconds <n>", "measured time of each run, in seconds", "10");
  return runs(
    audit,
    loadOf(() => import("./audit.ts")),
  );
}

function watchCommand(): Command {
  const watch = command({
    name: "watch",
    summary: "Measure the live page of a long run in Chromium",
    details:
      "Follows a synthetic run, and prints the size of the page, the time to first paint, its memory, and whether it stays " +
      "smooth while events arrive and it is scrolled. Needs Chromium (Debian: apt-get install chromium) and no stack. About " +
      "half a minute.",
    examples: ["npm run bench:watch", "npm run bench:watch -- --minutes 1440"],
    exits: EXITS,
  }).option("--minutes <n>", "length of the run", "60");
  return runs(
    watch,
    loadOf(() => import("./watch.ts")),
  );
}

function pageCommand(): Command {
  const page = command({
    name: "page",
    summary: "Take the screenshot of the live page for the README",
    details:
      "Serves the first events of a run as if it were under way, and takes a screenshot with Chromium. Needs Chromium " +
      "(Debian: apt-get install chromium) and no stack.",
    examples: ["npm run bench:page -- runs/20261124T102030Z-local-0a1b2c"],
    exits: EXITS,
  })
    .argument("<folder>", "results folder of the run")
    .option("--share <n>", "share of the run's events, from 0 to 1", "0.8")
    .option("--out <file>", "picture", "docs/live-page.png");
  return runs(
    page,
    loadOf(() => import("./page.ts")),
  );
}

function loadOf(load: () => Promise<{ run: Run }>): () => Promise<Run> {
  return async () => (await load()).run;
}
