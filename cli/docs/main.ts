import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { generatedFiles } from "../../config/generated.ts";
import { project } from "../lib/paths.ts";

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

function present(file: string): string | undefined {
  try {
    return readFileSync(path.join(project, file), "utf8");
  } catch {
    return undefined;
  }
}
