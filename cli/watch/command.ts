import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { WATCH_PORT } from "./url.ts";

/** `swarmbench watch` */
export function watchCommand(): Command {
  const watch = command({
    name: "watch",
    summary: "Show a run in the browser as it happens, and the runs before it",
    details:
      "Serves a page on this machine's loopback address that follows the newest run: latency and load over time, the results " +
      "of each step, what the search knows about the knee, warnings, and the time left. When the run has ended, the page " +
      "is its report. Earlier runs are in a list; two or more can be overlaid. The page reads only the results " +
      "folder, so it can be started and stopped at any time. Ctrl-C ends it.",
    examples: [
      "npm run watch",
      "npm run watch -- --port 8080",
      "ssh -L 4600:127.0.0.1:4600 HOST   # from another machine",
    ],
    exits: { done: "ended by Ctrl-C", failed: true, usage: "wrong arguments", terminated: true },
  })
    .option("--results <folder>", "folder of the runs", "runs")
    .option("--port <number>", "port on 127.0.0.1; 0: any free one", Number, WATCH_PORT);
  return runs(watch, async () => (await import("./main.ts")).run);
}
