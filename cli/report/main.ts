// Builds the results of a run again, from its events.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { SwarmbenchError } from "../../contract/errors.ts";
import { markdownTable, runTable } from "../../results/report/table.ts";
import { REPORT, readResults, writeResults } from "../../results/store.ts";
import { project } from "../lib/paths.ts";
import { step } from "../lib/steps.ts";

/** Reports on the folders that are named, or on the latest. */
export async function run(command: Command): Promise<undefined> {
  const { markdown } = command.opts<{ markdown: boolean }>();
  for (const folder of command.args.length > 0 ? command.args : [latest()]) await report(folder, markdown);
}

/** Builds the report of a results folder, and prints its table. @throws Error where it cannot be read or written */
export async function report(folder: string, markdown = false): Promise<void> {
  const results = readResults(folder);
  await step(`draw the report of ${folder}`, () => writeResults(folder, results), console.error);
  console.log(`${markdown ? markdownTable(results) : runTable(results)}\n\n${path.join(folder, REPORT)}`);
}

const RUNS = path.join(project, "runs");

/** The names of runs begin with their time. */
function latest(): string {
  const names = existsSync(RUNS) ? readdirSync(RUNS).filter((name) => /^\d{8}T/.test(name)) : [];
  const last = names.sort().at(-1);
  if (last !== undefined) return path.join(RUNS, last);
  throw new SwarmbenchError("no-results", "there are no results yet: npm run demo, or npm run bench");
}
