// Puts runs side by side.
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { SwarmbenchError } from "../../contract/errors.ts";
import { compare } from "../../results/compare/comparison.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { readResults, writeWhole } from "../../results/store.ts";
import { refuse } from "../lib/command.ts";

/** Compares the runs of the folders that are named. @throws SwarmbenchError where they cannot be compared */
export function run(command: Command): undefined {
  const { force, out } = command.opts<{ force: boolean; out: string }>();
  if (command.args.length < 2) refuse(command, "name two folders at least");
  const comparison = compare(command.args.map(readResults));
  if (comparison.errors.length > 0 && !force) {
    const why = comparison.errors.join("; ");
    throw new SwarmbenchError(
      "runs-not-comparable",
      `these runs cannot be compared: ${why}. All the same: --force`,
    );
  }
  mkdirSync(out, { recursive: true });
  const file = path.join(out, "compare.html");
  writeWhole(file, comparisonPage(comparison));
  console.log(`${comparisonText(comparison)}\n\n${file}`);
}
