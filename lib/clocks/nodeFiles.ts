import { readFileSync } from "node:fs";
import * as path from "node:path";

/** Where a node has the programs of its clock. */
export const LIB = "/usr/local/lib/swarmbench-clock";
/** Where the daemons write while they run. */
export const RUN = "/run/swarmbench-clock";
/** What we changed on the node, so that it can be undone. */
export const KEEP = "/var/lib/swarmbench/clock-kept";
/** Shown to tasks of the swarm: `status.json` says how the node's clock fares. It is there on every node. */
export const STATUS = "/var/lib/swarmbench/clock";

/** A program that runs on the nodes. They are files of their own, so that editors and `sh -n` know them for what they are. */
export function nodeFile(name: string): string {
  return readFileSync(path.join(import.meta.dirname, "node", name), "utf8");
}
