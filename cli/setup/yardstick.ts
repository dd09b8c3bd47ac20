import path from "node:path";
import { ensureGoProgram } from "../../offline/goProgram.ts";

/**
 * Compiles the load generator based on franz-go, which independent checks compare with, unless the cache has it.
 *
 * @returns the program's path
 */
export function ensureYardstick(): Promise<string> {
  return ensureGoProgram("yardstick", {
    directory: path.resolve(import.meta.dirname, "../figures/yardstick"),
    package: "yardstick",
    cgo: false,
  });
}
