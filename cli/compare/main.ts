// Compares runs side by side.
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { compare, isWorse } from "../../results/compare/comparison.ts";
import { junitOfComparison } from "../../results/junit.ts";
import { pageScript } from "../../results/page/script.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { readResults, writeWhole } from "../../results/store.ts";
import { refuse } from "../lib/command.ts";
import { pathOption, shownPath, userPath } from "../lib/userPaths.ts";

interface Options {
  force: boolean;
  junit?: string;
  failOnWorse: boolean;
}

/**
 * Compares the runs in the named folders.
 *
 * @returns the exit code, if a run is worse than the first and that was asked for
 * @throws SwarmbenchError when one cannot be read, or they cannot be compared
 */
export async function run(command: Command): Promise<number | undefined> {
  const { force, junit, failOnWorse } = command.opts<Options>();
  const out = pathOption(command, "out");
  if (command.args.length < 2) refuse(command, "name at least two folders");
  const comparison = compare(command.args.map((folder) => readResults(userPath(folder))));
  if (comparison.errors.length > 0 && !force) {
    const reasons = comparison.errors.join("; ");
    throw new SwarmbenchError("runs-not-comparable", `these runs cannot be compared: ${reasons}`, {
      hint: "To compare them anyway, add --force.",
    });
  }
  mkdirSync(out, { recursive: true });
  const file = path.join(out, "compare.html");
  writeWhole(file, comparisonPage(comparison, await pageScript()));
  if (junit !== undefined) writeWhole(userPath(junit), junitOfComparison(comparison));
  console.log(`${comparisonText(comparison)}\n\n${shownPath(file)}`);
  return failOnWorse && isWorse(comparison) ? EXIT.worse : undefined;
}
