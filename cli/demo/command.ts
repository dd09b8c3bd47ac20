import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench demo` */
export function demoCommand(): Command {
  const demo = command({
    name: "demo",
    summary: "Set this machine up, bring up the stack local, and measure its latency",
    details:
      'Runs setup, then brings up the stack "local": a Docker Swarm of three nodes in containers with Kafka, InfluxDB, ' +
      "Telegraf and Grafana. Measures the latency of messages with more and more producers, and prints the results, the " +
      "services and what to try next. Takes 5 to 10 minutes once the machine is set up. A second run repairs what differs from " +
      "the configuration, and does not measure again.",
    examples: ["npm run demo"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  });
  return runs(demo, async () => (await import("./main.ts")).run);
}
