import { existsSync, readFileSync } from "node:fs";

/** What was kept of an earlier run; undefined where there is nothing of that kind. */
export function readKept<T>(file: string, parse: (document: unknown) => T | undefined): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // half written: it is made anew
  }
}
