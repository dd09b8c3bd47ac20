// Builds the results of a run from its events again.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { SwarmbenchError } from "../../contract/errors.ts";
import { markdownTable, runTable } from "../../results/report/table.ts";
import { REPORT, readResults, writeResults } from "../../results/store.ts";
import { project } from "../lib/paths.ts";
import { step } from "../lib/steps.ts";
import { shownPath, userPath } from "../lib/userPaths.ts";

/** Builds the reports of the named folders, or of the latest run. @throws SwarmbenchError when one cannot be read or written */
export async function run(command: Command): Promise<undefined> {
  const { markdown } = command.opts<{ markdown: boolean }>();
  const folders = command.args.length > 0 ? command.args.map(userPath) : [latest()];
  for (const folder of folders) await report(folder, markdown);
}

/** Builds the report of a results folder, and prints its table. @throws SwarmbenchError when it cannot be read or written */
export async function report(folder: string, markdown = false): Promise<void> {
  const results = readResults(folder);
  await step(`draw the report of ${shownPath(folder)}`, () => writeResults(folder, results), console.error);
  console.log(
    `${markdown ? markdownTable(results) : runTable(results)}\n\n${shownPath(path.join(folder, REPORT))}`,
  );
}

const RUNS = path.join(project, "runs");

/** The folder of the latest run: the names of runs begin with their time. */
function latest(): string {
  const names = existsSync(RUNS) ? readdirSync(RUNS).filter((name) => /^\d{8}T/.test(name)) : [];
  const last = names.sort().at(-1);
  if (last !== undefined) return path.join(RUNS, last);
  throw new SwarmbenchError("no-results", "there are no results in runs/ yet", {
    hint: "Run npm run demo, or npm run bench on a stack that is up.",
  });
}
