// README.md of an export: how to redraw every figure from the folder alone.
import type { Run } from "../../contract/result.ts";
import { kneeSentence, sloSentence } from "../sentences.ts";
import { capitalize } from "../text.ts";
import type { Axis, Figure } from "./figures.ts";
import type { ExportFile } from "./file.ts";

/** Text without meaning in Markdown, on one line. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`);
}

/** The content of README.md. @param gaps what the run lacks; empty if it is complete */
export function readmeText(
  run: Run,
  figures: readonly Figure[],
  files: readonly ExportFile[],
  gaps: readonly string[],
): string {
  return [
    `# Message latency: run ${plain(run.run)}`,
    `Scenario ${plain(run.scenario)}, measured with swarmbench ${plain(run.conditions.swarmbench.version)} from ${run.startedAt}. ` +
      "`conditions.txt` says where and how, in one paragraph.",
    `**${plain(capitalize(kneeSentence(run)))}.** SLO: ${plain(sloSentence(run))}. Verdict: ${run.verdict}.`,
    ...listed("What is missing", gaps),
    ...listed("Warnings", run.warnings),
    "## Figures",
    ...(figures.length === 0 ? ["The run has no data for a figure."] : figures.flatMap(figureText)),
    ...(figures.length === 0 ? [] : [HOW_TO_DRAW]),
    "## Files",
    ["| file | content |", "| --- | --- |", ...fileRows(files)].join("\n"),
    NOTES,
  ].join("\n\n");
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.map((line) => `- ${plain(line)}`).join("\n")];
}

function figureText({ name, title, caption, note, x, y, series }: Figure): string[] {
  const kinds = [...new Set(series.map(({ kind }) => kind))].join(", ");
  const drawn = series
    .filter((each) => each.name !== "")
    .map((each) => `${each.name}${each.dashed ? " (dashed)" : ""}`)
    .join("; ");
  return [
    `### ${plain(title)}`,
    `![${plain(title)}](figures/${name}.svg)`,
    `\`figures/${name}.csv\`: x is ${axisText(x)}, y is ${axisText(y)}. Series, drawn as ${kinds}: ${plain(drawn)}.` +
      `${note === "" ? "" : ` ${plain(note)}`} As LaTeX: \`pgfplots/${name}.tex\`.`,
    plain(caption),
  ];
}

function axisText({ name, scale }: Axis): string {
  return `"${plain(name)}" (${scale === "category" ? "categories in their order" : `${scale} axis`})`;
}

const HOW_TO_DRAW = `### How to draw them

Each record of \`figures/<figure>.csv\` is a point of a series, in drawing order; an empty x or y interrupts the line. Each record
of \`figures/marks.csv\` is a line across a figure if \`from\` and \`to\` are equal, such as the SLO, else a band, such as the interval
of the knee. With Python and matplotlib:

\`\`\`python
import csv, matplotlib.pyplot as plt
rows = list(csv.DictReader(open("figures/latency.csv", encoding="utf-8")))
number = lambda text: float(text) if text else float("nan")
for name in dict.fromkeys(row["series"] for row in rows):
    points = [(number(row["x"]), number(row["y"])) for row in rows if row["series"] == name]
    plt.plot(*zip(*points), marker="o", label=name)
for mark in csv.DictReader(open("figures/marks.csv", encoding="utf-8")):
    if mark["figure"] == "latency" and mark["axis"] == "y": plt.axhline(float(mark["from"]), linestyle="--")
    if mark["figure"] == "latency" and mark["axis"] == "x": plt.axvspan(float(mark["from"]), float(mark["to"]), alpha=0.2)
plt.xscale("log"); plt.yscale("log"); plt.legend(); plt.show()
\`\`\``;

/** Data files of pgfplots and histograms are many, and named alike. */
const MANY: readonly { files: RegExp; name: string; about: string }[] = [
  { files: /^pgfplots\/.+\.dat$/, name: "pgfplots/*.dat", about: "the data of each series, columns x and y" },
  {
    files: /^hgrm\//,
    name: "hgrm/step-*.hgrm",
    about:
      "histograms of each step, in ms, as text of HdrHistogram: latency, time from send to acknowledgement, time from send to " +
      "receive. They contain only messages that arrived; `missing` in `steps.csv` counts the others, which the percentiles in all " +
      "other files rank above every latency",
  },
];

function fileRows(files: readonly ExportFile[]): string[] {
  const rows = files
    .filter(({ name }) => !MANY.some((many) => many.files.test(name)))
    .map(({ name, about }) => `| \`${name}\` | ${plain(about)} |`);
  const many = MANY.filter((each) => files.some(({ name }) => each.files.test(name)));
  return [...rows, ...many.map(({ name, about }) => `| \`${name}\` | ${about} |`)];
}

const NOTES = `Latencies are in ms, from the time at which a message was due until the consumer received it. CSV files are UTF-8, with a
header and decimal points; an empty field is a value that does not exist. Times are UTC; \`at\` in \`seconds.csv\` counts seconds
since 1970. The same run always gives the same files, byte for byte.
`;
