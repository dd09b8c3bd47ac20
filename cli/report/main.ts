// npm run report: makes the results of a run anew, from what there is.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { markdownTable, runTable } from "../../results/report/table.ts";
import { REPORT, readResults, writeResults } from "../../results/store.ts";

const HELP = `npm run report [-- FOLDER…] [--markdown]

Makes run.json, report.html and the plots of results anew, of a run that was cut off too, and prints its table.
  FOLDER      a folder of results/; default: the latest
  --markdown  prints the table for a README

Ends with 0: done; 1: a folder cannot be read or written; 2: wrong arguments.`;

/** Their names begin with the time. */
function latest(): string {
  const names = existsSync("results") ? readdirSync("results").filter((name) => /^\d{8}T/.test(name)) : [];
  const last = names.sort().at(-1);
  if (last === undefined) throw new Error("there are no results yet: npm run demo, or npm run bench");
  return path.join("results", last);
}

async function main(): Promise<number> {
  let parsed: { values: { help?: boolean; markdown?: boolean }; positionals: string[] };
  try {
    const options = { help: { type: "boolean" }, markdown: { type: "boolean" } } as const;
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`error: ${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  for (const folder of positionals.length > 0 ? positionals : [latest()]) {
    const run = readResults(folder);
    await writeResults(folder, run);
    console.log(`${values.markdown ? markdownTable(run) : runTable(run)}\n\n${path.join(folder, REPORT)}`);
  }
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  },
);
