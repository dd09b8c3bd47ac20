// Builds the results of a run from its events again.
import path from "node:path";
import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import type { Run } from "../../contract/result.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { junitOfRun } from "../../results/junit.ts";
import { markdownTable, runTable } from "../../results/report/table.ts";
import { REPORT, readResults, writeResults, writeWhole } from "../../results/store.ts";
import { refuse } from "../lib/command.ts";
import { latestRun } from "../lib/latestRun.ts";
import { step } from "../lib/steps.ts";
import { shownPath, userPath } from "../lib/userPaths.ts";

interface Options {
  markdown: boolean;
  junit?: string;
  failOnSlo: boolean;
}

/**
 * Builds the reports of the named folders, or of the latest run.
 *
 * @returns the exit code, if a run missed the SLO and that was asked for
 * @throws SwarmbenchError when one cannot be read or written
 */
export async function run(command: Command): Promise<number | undefined> {
  const { markdown, junit, failOnSlo } = command.opts<Options>();
  const folders = command.args.length > 0 ? command.args.map(userPath) : [latestRun()];
  if (junit !== undefined && folders.length > 1) refuse(command, "--junit: name one folder");
  const runs: Run[] = [];
  for (const folder of folders) runs.push(await report(folder, markdown));
  const [first] = runs;
  if (junit !== undefined && first) writeWhole(userPath(junit), junitOfRun(first));
  return failOnSlo && !runs.every(meetsSlo) ? EXIT.sloMissed : undefined;
}

/** Builds the report of a results folder, and prints its table. @throws SwarmbenchError when it cannot be read or written */
export async function report(folder: string, markdown = false): Promise<Run> {
  const results = readResults(folder);
  await step(`draw the report of ${shownPath(folder)}`, () => writeResults(folder, results), console.error);
  console.log(
    `${markdown ? markdownTable(results) : runTable(results)}\n\n${shownPath(path.join(folder, REPORT))}`,
  );
  return results;
}
