import type { Run } from "../../contract/result.ts";
import { type ExportDetails, exportOf } from "../../results/export/folder.ts";
import { sampleRun } from "./sampleRun.ts";

/** What exports of tests say besides the run. */
export const SAMPLE_DETAILS: ExportDetails = {
  authors: [{ name: "Ada Lovelace", orcid: "https://orcid.org/0000-0002-1825-0097" }],
  license: "CC-BY-4.0",
  citation: { title: "swarmbench", license: "Apache-2.0", authors: [{ name: "The swarmbench authors" }] },
};

/** The texts of the files of an export, by name. */
export function exported(run: Run = sampleRun(), details: Partial<ExportDetails> = {}): Map<string, string> {
  const { files } = exportOf(run, { ...SAMPLE_DETAILS, ...details });
  return new Map(files.map(({ name, text }) => [name, text]));
}

/** The text of a file of an export. @throws Error if there is none */
export function fileOf(files: ReadonlyMap<string, string>, name: string): string {
  const text = files.get(name);
  if (text === undefined) throw new Error(`${name} is not in the export: ${[...files.keys()].join(", ")}`);
  return text;
}
