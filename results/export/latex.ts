// The results as LaTeX: a table for booktabs, and text that is safe in any document.
import type { Run } from "../../contract/result.ts";
import { clockSentence } from "../clocks.ts";
import { LOAD_HEADS, LOAD_NOTES, loadRows } from "../loadCells.ts";
import { kneeSentence, sloSentence } from "../sentences.ts";
import { capitalize } from "../text.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  _: "\\_",
  "%": "\\%",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "`": "\\textasciigrave{}",
  "±": "\\textpm{}",
  µ: "\\textmu{}",
};

/** Any text as LaTeX that prints it: no character of it is a command. Line breaks become spaces. */
export function latexText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: LaTeX stops at control characters
      .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
      .replaceAll(/[\\{}$&#_%~^<>|"`±µ]/g, (character) => ESCAPES[character] as string)
      .replaceAll(/-(?=-)/g, "-{}") // not a dash
      .replaceAll(/'(?=')/g, "'{}")
  );
}

/** A table with a row for each load, and notes with the SLO, the knee and its interval. Needs the package booktabs. */
export function latexTable(run: Run): string {
  return [
    "% Needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}, or LuaLaTeX or XeLaTeX.",
    "\\begin{table}",
    "  \\centering",
    "  \\footnotesize\\setlength{\\tabcolsep}{3pt}",
    `  \\caption{${latexText(`Message latency by load, run ${run.run} of the scenario ${run.scenario}.`)}}`,
    `  \\label{tab:${run.run.replaceAll(/[^A-Za-z0-9-]/g, "-")}}`,
    `  \\begin{tabular}{l${"r".repeat(LOAD_HEADS.length - 2)}l}`,
    "    \\toprule",
    `    ${LOAD_HEADS.map((head) => (head === "n" ? "$n$" : head)).join(" & ")} \\\\`,
    "    \\midrule",
    ...loadRows(run).map((row) => `    ${row.map(cell).join(" & ")} \\\\`),
    "    \\bottomrule",
    "  \\end{tabular}",
    "",
    "  \\smallskip",
    ...notes(run).map((note) => `  {\\footnotesize ${latexText(note)}\\par}`),
    "\\end{table}",
    "",
  ].join("\n");
}

/** A cell of a row. Braces around a bracket: after \\ it would be an argument. */
function cell(text: string): string {
  return latexText(text).replaceAll(/[[\]]/g, (bracket) => `{${bracket}}`);
}

function notes(run: Run): string[] {
  const clocks = clockSentence(run);
  return [
    "Latencies count from the time at which a message was due until the consumer received it; percentiles rank all messages " +
      "that were due.",
    ...LOAD_NOTES,
    `SLO: ${sloSentence(run)}.`,
    `${capitalize(kneeSentence(run))}.`,
    ...(clocks === undefined ? [] : [`${capitalize(clocks.replace(/ \(.*\)$/, ""))}.`]),
    ...(run.endedAt === null ? ["The run was cut off: the table has the steps that were finished."] : []),
  ];
}
