// npm run compare: runs side by side.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { compare } from "../../results/compare/comparison.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { readResults, writeWhole } from "../../results/store.ts";

const HELP = `npm run compare -- FOLDER FOLDER… [--force] [--out FOLDER]

Puts runs of results/ side by side: what they were made on, their curves, their knees, what differs beyond noise, beside it
what differs in the network, and every condition in which they differ. The others are compared with the first.
  --force       compares also what cannot be compared (other SLOs, other variables); the report says so
  --out FOLDER  where compare.html goes; default: results/compare

Ends with 0: done; 1: a folder cannot be read, or they cannot be compared; 2: wrong arguments.`;

function main(): number {
  let parsed: { values: { help?: boolean; force?: boolean; out?: string }; positionals: string[] };
  try {
    const options = {
      help: { type: "boolean" },
      force: { type: "boolean" },
      out: { type: "string" },
    } as const;
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
  if (positionals.length < 2) {
    console.error(`error: name two folders at least\n\n${HELP}`);
    return 2;
  }
  const comparison = compare(positionals.map(readResults));
  if (comparison.obstacles.length > 0 && !values.force) {
    console.error(
      `error: these runs cannot be compared: ${comparison.obstacles.join("; ")}. All the same: --force`,
    );
    return 1;
  }
  const folder = values.out ?? path.join("results", "compare");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "compare.html");
  writeWhole(file, comparisonPage(comparison));
  console.log(`${comparisonText(comparison)}\n\n${file}`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
