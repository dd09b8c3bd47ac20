// The results as LaTeX: a table for booktabs, and text that is safe in any document.
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { clockSentence } from "../clocks.ts";
import { kneeSentence, sloSentence } from "../sentences.ts";
import { capitalize } from "../text.ts";
import { CONFIDENCE, type Estimate, LEAST_STEPS_OF_INTERVAL, type Load, loadsOf } from "./loads.ts";

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
      .replaceAll("--", "-{}-") // not a dash
      .replaceAll("--", "-{}-")
      .replaceAll("''", "'{}'")
  );
}

const HEADS = [
  "load",
  "$n$",
  "offered/s",
  "delivered/s",
  "p50, ms",
  "p99, ms",
  "p99.9, ms",
  "lost",
  "verdict",
];

/** A table with a row for each load, and notes with the SLO, the knee and its interval. Needs the package booktabs. */
export function latexTable(run: Run): string {
  const loads = loadsOf(run);
  return [
    "% Needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}, or LuaLaTeX or XeLaTeX.",
    "\\begin{table}",
    "  \\centering",
    "  \\footnotesize\\setlength{\\tabcolsep}{3pt}",
    `  \\caption{${latexText(`Message latency by load, run ${run.run} of the scenario ${run.scenario}.`)}}`,
    `  \\label{tab:${run.run.replaceAll(/[^A-Za-z0-9-]/g, "-")}}`,
    `  \\begin{tabular}{l${"r".repeat(HEADS.length - 2)}l}`,
    "    \\toprule",
    `    ${HEADS.join(" & ")} \\\\`,
    "    \\midrule",
    ...loads.map((load) => `    ${cells(load).join(" & ")} \\\\`),
    "    \\bottomrule",
    "  \\end{tabular}",
    "",
    "  \\smallskip",
    ...notes(run).map((note) => `  {\\footnotesize ${latexText(note)}\\par}`),
    "\\end{table}",
    "",
  ].join("\n");
}

const NONE = "-";

function cells({
  name,
  telling,
  offeredPerSec,
  deliveredPerSec,
  p50,
  p99,
  p999,
  lost,
  verdicts,
}: Load): string[] {
  const number = (value: number | null) => (value === null ? NONE : latexText(formatNumber(value)));
  return [
    latexText(name),
    String(telling.length),
    ...[offeredPerSec, deliveredPerSec].map(number),
    ...[p50, p99, p999].map(estimateCell),
    telling.length === 0 ? NONE : String(lost),
    latexText(verdicts),
  ];
}

/** "5.7 [5.1, 6.4]" */
function estimateCell(estimate: Estimate | null): string {
  if (!estimate) return NONE;
  const { mean, interval } = estimate;
  const text = formatNumber(mean);
  // Braces: a bracket after \\ would be its argument.
  return interval ? `${text} {[}${interval.map(formatNumber).join(", ")}{]}` : text;
}

function notes(run: Run): string[] {
  const clocks = clockSentence(run);
  return [
    "Latencies count from the time at which a message was due until the consumer received it; percentiles rank all messages " +
      "that were due. n: steps that say something about the broker; their geometric means.",
    `Brackets: ${100 * CONFIDENCE} % confidence interval over the steps of a load, by Student's t on logarithms; fewer than ` +
      `${LEAST_STEPS_OF_INTERVAL} steps have none. ${NONE}: not known, because of too few messages or too many that are missing.`,
    `SLO: ${sloSentence(run)}.`,
    `${capitalize(kneeSentence(run))}.`,
    ...(clocks === undefined ? [] : [`${capitalize(clocks.replace(/ \(.*\)$/, ""))}.`]),
    ...(run.endedAt === null ? ["The run was cut off: the table has the steps that were finished."] : []),
  ];
}
