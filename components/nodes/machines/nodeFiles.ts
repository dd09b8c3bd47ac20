import { readFileSync } from "node:fs";
import * as path from "node:path";

/** Where a machine has what is ours. */
export const LIB = "/var/lib/swarmbench";
/** What we must know to undo what we did. */
export const KEEP = `${LIB}/host`;

/** A program that runs on the machines. */
export function nodeFile(name: "inspect.sh" | "prepare.sh" | "clean.sh"): string {
  return readFileSync(path.join(import.meta.dirname, "node", name), "utf8");
}
