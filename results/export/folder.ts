// A run as a folder of files for a paper.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { isMeasured, type Run } from "../../contract/result.ts";
import { stepName } from "../steps.ts";
import { notWritten, writeWhole } from "../store.ts";
import { bibtex, type Citation } from "./citation.ts";
import { conditionsText } from "./conditionsText.ts";
import { CRATE, type CrateDetails, crateText, filesIn, RESULTS, SCENARIO } from "./crate.ts";
import { figureCsv, hasSeconds, marksCsv, secondsCsv, stepsCsv } from "./csv.ts";
import { type Figure, figuresOf } from "./figures.ts";
import type { ExportFile } from "./file.ts";
import { hgrmFiles } from "./hgrm.ts";
import { latexTable, latexText } from "./latex.ts";
import { pgfplotsFiles } from "./pgfplots.ts";
import { readmeText } from "./readme.ts";

/** Details of an export that are not in the run. */
export interface ExportDetails extends CrateDetails {
  /** How to cite swarmbench. */
  citation: Citation;
}

/** An export that is not written yet. */
export interface Export {
  files: ExportFile[];
  /** What the run lacks, as sentences. */
  gaps: string[];
}

/** All files of an export. The same run and details always give the same files. */
export function exportOf(run: Run, details: ExportDetails): Export {
  const { figures, missing } = figuresOf(run);
  const gaps = gapsOf(run, missing);
  const data = [
    ...documents(run, details),
    ...figures.flatMap(figureFiles),
    {
      name: "figures/marks.csv",
      type: CSV,
      text: marksCsv(figures),
      about: "lines and bands of all figures",
    },
    ...figures.flatMap(pgfplotsFiles),
    ...hgrmFiles(run),
  ];
  const readme = {
    name: "README.md",
    type: "text/markdown",
    text: readmeText(run, figures, data, gaps),
    about: "what each file is, and how to draw the figures",
  };
  const files = [readme, ...data];
  const crate = {
    name: CRATE,
    type: "application/ld+json",
    text: crateText(run, files, details),
    about: "machine-readable description",
  };
  return { files: [...files, crate], gaps };
}

const CSV = "text/csv";

function documents(run: Run, { citation, authors }: ExportDetails): ExportFile[] {
  const conditions = conditionsText(run);
  const { workload, benchmark, settings } = run.conditions;
  const scenario = { scenario: run.scenario, slo: run.slo, settings, workload, benchmark };
  return [
    { name: RESULTS, type: "application/json", text: json(run), about: "all results of the run" },
    {
      name: SCENARIO,
      type: "application/json",
      text: json(scenario),
      about: "what was asked for: settings, workload and benchmark",
    },
    {
      name: "conditions.txt",
      type: "text/plain",
      text: `${conditions}\n`,
      about: "the conditions, one paragraph",
    },
    {
      name: "conditions.tex",
      type: "text/x-tex",
      text: `${latexText(conditions)}\n`,
      about: "the same paragraph for LaTeX",
    },
    {
      name: "table.tex",
      type: "text/x-tex",
      text: latexTable(run),
      about: "a row for each load, with intervals, for LaTeX with booktabs",
    },
    {
      name: "references.bib",
      type: "application/x-bibtex",
      text: bibtex(run, citation, authors),
      about: "how to cite the run and swarmbench",
    },
    {
      name: "steps.csv",
      type: CSV,
      text: stepsCsv(run),
      about: "every step with its verdict and all numbers",
    },
    ...(hasSeconds(run)
      ? [{ name: "seconds.csv", type: CSV, text: secondsCsv(run), about: "every second of every step" }]
      : []),
  ];
}

const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

function figureFiles(figure: Figure): ExportFile[] {
  const { name, title, svg } = figure;
  return [
    { name: `figures/${name}.csv`, type: CSV, text: figureCsv(figure), about: `${title}: the points` },
    {
      name: `figures/${name}.svg`,
      type: "image/svg+xml",
      text: svg,
      about: `${title}: as the report draws it`,
    },
  ];
}

/** What an unfinished or failed run lacks. */
function gapsOf(run: Run, missing: readonly string[]): string[] {
  const failed = run.steps.filter((step) => !isMeasured(step));
  const measured = run.steps.length - failed.length;
  return [
    ...(run.endedAt === null ? ["the run was cut off: the export has what was measured until then"] : []),
    ...(run.endedAt !== null && run.verdict === "interrupted"
      ? ["the run was stopped before its end: the export has the steps that were finished"]
      : []),
    ...(measured === 0 ? ["no step was measured"] : []),
    ...failed.map(
      (step) => `no results of step ${stepName(step)}: ${step.reasons.join("; ") || "it failed"}`,
    ),
    ...missing.map((name) => `no figure "${name}": the run has no data for it`),
  ];
}

/**
 * Writes an export. An earlier export in the folder is replaced only with `force`; other files in the folder are left alone.
 *
 * @throws SwarmbenchError export-exists, results-not-written
 */
export function writeExport(
  folder: string,
  files: readonly ExportFile[],
  { force }: { force: boolean },
): void {
  const present = existsSync(folder) ? readEntries(folder) : [];
  if (present.length > 0) removeEarlier(folder, force);
  try {
    for (const { name } of files) mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  } catch (error) {
    throw notWritten(folder, error);
  }
  for (const { name, text } of files) writeWhole(path.join(folder, name), text);
}

function readEntries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw notWritten(folder, error);
  }
}

/** Removes the files of an earlier export, by its own list. */
function removeEarlier(folder: string, force: boolean): void {
  const crate = path.join(folder, CRATE);
  const names = existsSync(crate) ? filesIn(readFileSync(crate, "utf8")) : undefined;
  if (names === undefined) {
    throw new SwarmbenchError(
      "export-exists",
      `${folder} contains files that are not an export of swarmbench`,
      {
        hint: "Choose another folder with --out.",
      },
    );
  }
  if (!force) {
    throw new SwarmbenchError("export-exists", `${folder} already contains an export`, {
      hint: "To replace it, add --force; or choose another folder with --out.",
    });
  }
  const root = path.resolve(folder) + path.sep;
  for (const name of names) {
    const file = path.resolve(folder, name);
    if (file.startsWith(root)) rmSync(file, { force: true });
  }
}
