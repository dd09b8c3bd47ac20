import path from "node:path";
import { project } from "../lib/paths.ts";
import { follow } from "./follow.ts";
import type { Tally } from "./tally.ts";

/** Programs of `node_modules/.bin`; each must end with 0. */
const CHECKS: readonly (readonly [program: string, ...args: string[]])[] = [
  ["biome", "check", "--error-on-warnings"],
  ["tsc", "--noEmit"],
];

/** Formatter, linter and type check. */
export async function check(tally: Tally): Promise<void> {
  for (const [program, ...args] of CHECKS) {
    const code = await follow(path.join(project, "node_modules/.bin", program), args);
    tally.check([program, ...args].join(" "), code === 0);
  }
}
