import path from "node:path";
import { project } from "../lib/paths.ts";
import { follow } from "./follow.ts";
import type { Tally } from "./tally.ts";

const ROOMS = "index.ts bench cli components config contract lib offline results test testbeds".split(" ");

/** Programs of `node_modules/.bin`; each must end with 0. */
const CHECKS: readonly (readonly [program: string, ...args: string[]])[] = [
  ["biome", "check", "--error-on-warnings"],
  ["tsc", "--noEmit"],
  ["tsc", "--noEmit", "--project", "results/page/browser"],
  ["depcruise", "--config", ".dependency-cruiser.cjs", ...ROOMS],
];

/** Formatter, linter, type check, import directions, generated documentation. */
export async function check(tally: Tally): Promise<void> {
  for (const [program, ...args] of CHECKS) {
    const code = await follow(path.join(project, "node_modules/.bin", program), args);
    tally.check([program, ...args].join(" "), code === 0);
  }
  const docs = await follow(process.execPath, [path.join(project, "swarmbench.mjs"), "docs", "--check"]);
  tally.check("swarmbench docs --check", docs === 0);
}
