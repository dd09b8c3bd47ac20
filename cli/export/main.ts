// Exports a run for a paper.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { type Author, parseAuthor, parseCitation } from "../../results/export/citation.ts";
import { exportOf, writeExport } from "../../results/export/folder.ts";
import { readResults } from "../../results/store.ts";
import { refuse } from "../lib/command.ts";
import { latestRun } from "../lib/latestRun.ts";
import { project } from "../lib/paths.ts";
import { shownPath, userPath } from "../lib/userPaths.ts";

interface Options {
  out?: string;
  force: boolean;
  author: string[];
  license?: string;
}

/** Letters, digits, "." and "-": https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/ */
const SPDX_ID = /^[A-Za-z0-9][A-Za-z0-9.+-]*$/;

/** Exports the named run, or the latest one. @throws SwarmbenchError when the run cannot be read or the folder cannot be written */
export function run(command: Command): undefined {
  const { out, force, author, license } = command.opts<Options>();
  const authors = author.map((text) => parseAuthor(text) ?? refuseAuthor(command, text));
  if (license !== undefined && !SPDX_ID.test(license))
    refuse(command, `--license: ${license} is not an SPDX identifier, such as CC-BY-4.0`);
  const [named] = command.args;
  const source = named === undefined ? latestRun() : userPath(named);
  const folder = out === undefined ? path.join(source, "export") : userPath(out);
  const citation = parseCitation(readFileSync(path.join(project, "CITATION.cff"), "utf8"));
  const { files, gaps } = exportOf(readResults(source), { authors, license, citation });
  writeExport(folder, files, { force });
  for (const gap of gaps) console.log(`warning: ${gap}`);
  console.log(
    `${files.length} files in ${shownPath(folder)}; start with ${shownPath(path.join(folder, "README.md"))}`,
  );
}

function refuseAuthor(command: Command, text: string): Author {
  return refuse(command, `--author: expected "Name" or "Name <https://orcid.org/…>", got ${text}`);
}
