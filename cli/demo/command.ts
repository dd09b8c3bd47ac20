import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench demo` */
export function demoCommand(): Command {
  const demo = command({
    name: "demo",
    summary: "Set this machine up, bring up the stack local, and measure it",
    details:
      'Runs setup, then brings up the stack "local": a Docker Swarm of three nodes in containers, on it Kafka, InfluxDB, ' +
      "Telegraf and Grafana. Measures the latency of messages while the number of producers grows, and prints the results, " +
      "what is there and what to try next. Takes 5 to 10 minutes once the machine is set up. When run again, it changes only " +
      "what is not as it should be, and measures nothing again.",
    examples: ["npm run demo"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  });
  return runs(demo, async () => (await import("./main.ts")).run);
}
