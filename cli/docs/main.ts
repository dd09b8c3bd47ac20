import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { generatedFiles } from "../../config/generated.ts";
import { project } from "../lib/paths.ts";
import { docsErrors } from "./check.ts";

/**
 * Writes the files that are generated from the configuration's schemas, and prints which of them were out of date.
 *
 * @param check writes nothing
 * @returns whether all files are up to date, which they always are after writing
 */
export function writeDocs(check: boolean): boolean {
  const stale = Object.entries(generatedFiles((file) => present(file) ?? "")).filter(
    ([file, text]) => present(file) !== text,
  );
  for (const [file, text] of stale) {
    if (!check) writeFileSync(path.join(project, file), text);
    console.log(check ? `${file} is out of date: run swarmbench docs` : `${file} written`);
  }
  return !check || stale.length === 0;
}

/** Checks the documentation, and prints its errors. @returns whether there are none */
export function checkDocs(program: Command): boolean {
  const errors = docsErrors(project, program);
  for (const error of errors) console.log(error);
  return errors.length === 0;
}

function present(file: string): string | undefined {
  try {
    return readFileSync(path.join(project, file), "utf8");
  } catch {
    return undefined;
  }
}
