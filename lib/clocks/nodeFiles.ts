import { readFileSync } from "node:fs";
import * as path from "node:path";
import { APT } from "../apt.ts";

/** Folder of the clock programs on a node. */
export const LIB = "/usr/local/lib/swarmbench-clock";
/** Folder of the daemons' runtime files. */
export const RUN = "/run/swarmbench-clock";
/** Folder of the files with which the changes on the node are undone. */
export const KEEP = "/var/lib/swarmbench/clock-kept";
/** Folder with `status.json`, the state of the node's clock. It exists on every node and is mounted into tasks of the swarm. */
export const STATUS = "/var/lib/swarmbench/clock";

/** The text of a program that runs on the nodes. Each is a separate file, so that editors and `sh -n` treat it as a shell script. */
export function nodeFile(name: string): string {
  const text = readFileSync(path.join(import.meta.dirname, "node", name), "utf8");
  return name === "packages.sh" ? `${APT}\n${text}` : text;
}
