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
    summary: "Measure swarmbench itself on this machine: how long it takes, what it needs, how exact it is",
    details: "Each brings up a stack of its own, and destroys it at the end, after a failure and at Ctrl-C.",
    examples: ["npm run bench:testbed -- --rounds 3"],
    exits: EXITS,
  })
    .addCommand(testbedCommand())
    .addCommand(hostsCommand())
    .addCommand(stackCommand())
    .addCommand(idleCommand())
    .addCommand(clientsCommand());
}

function testbedCommand(): Command {
  const testbed = command({
    name: "testbed",
    summary: "How long the testbed takes: setup, up, destroy",
    details: "Prints a table of medians, each with its smallest and largest sample.",
    examples: ["npm run bench:testbed -- --rounds 3"],
    exits: EXITS,
  })
    .option("--rounds <n>", "how often", "5")
    .option(
      "--cold",
      "measures a set-up from nothing as well, once: of a copy of this checkout, with its own cache, keys and images",
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
    summary: "How the preparation of machines grows with their number",
    details: "More than 32 machines need a larger table of neighbours in the kernel.",
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
    summary: "How long the whole stack takes, and what it needs",
    details:
      "Brings up three nodes with Kafka, InfluxDB, Telegraf and Grafana, watches them while they are idle, destroys them, and " +
      "does so again; then prints how large the images are. Takes about three minutes a sample.",
    examples: ["npm run bench:stack -- --samples 1"],
    exits: EXITS,
  })
    .option("--samples <n>", "how often", "3")
    .option("--brokers <n>", "measures a stack with this many brokers as well, on nodes all of role broker");
  return runs(
    stack,
    loadOf(() => import("./stack.ts")),
  );
}

function idleCommand(): Command {
  const idle = command({
    name: "idle",
    summary: "What an idle stack costs the machine",
    details:
      "Brings up the stack of each scenario without a benchmark, and reads from /proc/stat which share of the machine is busy. " +
      "About 6 minutes a scenario. Only meaningful while nothing else runs.",
    examples: ["npm run bench:idle", "npm run bench:idle -- --scenarios local --samples 1"],
    exits: EXITS,
  })
    .option("--scenarios <name,…>", "scenarios of the local testbed", "local,cluster-3")
    .option("--samples <n>", "how often each is watched", "3")
    .option("--seconds <n>", "how long each time", "60");
  return runs(
    idle,
    loadOf(() => import("./idle.ts")),
  );
}

function clientsCommand(): Command {
  const clients = command({
    name: "clients",
    summary: "The benchmark against independent tools, on one stack, in one sitting",
    details:
      "Brings up a stack with one broker, measures in turn with the yardstick (franz-go), the agents by kafkajs and by " +
      "@platformatic/kafka, and Kafka's EndToEndLatency; prints medians and ratios. About 3 minutes a round.",
    examples: ["npm run bench:clients -- --rounds 1"],
    exits: EXITS,
  })
    .option("--rounds <n>", "how often", "3")
    .option("--producers <n>", "logical producers", "600")
    .option("--rate <n>", "messages per second of all together", "5000");
  return runs(
    clients,
    loadOf(() => import("./clients.ts")),
  );
}

function loadOf(load: () => Promise<{ run: Run }>): () => Promise<Run> {
  return async () => (await load()).run;
}
