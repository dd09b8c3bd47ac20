import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { project } from "./paths.ts";

const RUNS = path.join(project, "runs");

/** The folder of the latest run: the names of runs begin with their time. @throws SwarmbenchError no-results */
export function latestRun(): string {
  const names = existsSync(RUNS) ? readdirSync(RUNS).filter((name) => /^\d{8}T/.test(name)) : [];
  const last = names.sort().at(-1);
  if (last !== undefined) return path.join(RUNS, last);
  throw new SwarmbenchError("no-results", "there are no results in runs/ yet", {
    hint: "Run npm run demo, or npm run bench on a stack that is up.",
  });
}
