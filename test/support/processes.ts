import { readdirSync, readFileSync } from "node:fs";

const INTERVAL_MS = 30;

/**
 * Records the command lines of all processes of this machine, including those in local nodes and their containers, until it is
 * stopped. Programs that run for less than the interval may be missed.
 */
export function watchProcesses(): { stop(): string } {
  const seen = new Set<string>();
  const inspect = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // it has ended
      }
    }
  };
  const timer = setInterval(inspect, INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      return [...seen].join("\n");
    },
  };
}
