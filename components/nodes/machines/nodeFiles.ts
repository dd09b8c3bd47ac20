import { readFileSync } from "node:fs";
import * as path from "node:path";

/** Folder for all files of swarmbench on a machine. */
export const LIB = "/var/lib/swarmbench";
/** Folder with the information needed to undo changes to the machine. */
export const KEEP = `${LIB}/host`;

/** The text of a script that runs on machines. */
export function nodeFile(name: "inspect.sh" | "prepare.sh" | "clean.sh"): string {
  return readFileSync(path.join(import.meta.dirname, "node", name), "utf8");
}
