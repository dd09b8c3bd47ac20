import { existsSync, readFileSync } from "node:fs";

/**
 * Reads a JSON file that an earlier run has written.
 *
 * @param parse checks the document; may throw
 * @returns undefined if the file does not exist or cannot be parsed (it may be incomplete)
 */
export function readCache<T>(file: string, parse: (document: unknown) => T | undefined): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
