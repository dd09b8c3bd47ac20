// CSV as RFC 4180 describes it, with LF: a header, then records. An empty field is a value that does not exist.
import type { MeasuredStep, Run, Second, Step } from "../../contract/result.ts";
import { isMeasured, measuredSteps } from "../../contract/result.ts";
import { allSteps } from "../steps.ts";
import type { Figure } from "./figures.ts";

/** A field of a record. */
export type Field = string | number | boolean | null | undefined;

/** A CSV file with these columns. Numbers have all their digits. */
export function csv(columns: readonly string[], records: readonly (readonly Field[])[]): string {
  return [columns, ...records].map((record) => `${record.map(field).join(",")}\n`).join("");
}

function field(value: Field): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The points of a figure: a record for each. Series that draw ranges have further columns y2, y3, … */
export function figureCsv({ series }: Figure): string {
  const width = Math.max(1, ...series.flatMap(({ points }) => points.map(({ y }) => y.length)));
  const values = Array.from({ length: width }, (_, index) => (index === 0 ? "y" : `y${index + 1}`));
  return csv(
    ["series", "x", ...values, "marker"],
    series.flatMap(({ name, points }) =>
      points.map(({ x, y, marker }) => [name, x, ...values.map((_, index) => y[index]), marker]),
    ),
  );
}

/** The lines and bands of all figures, such as the SLO and the interval of the knee. */
export function marksCsv(figures: readonly Figure[]): string {
  return csv(
    ["figure", "axis", "from", "to", "label"],
    figures.flatMap(({ name, marks }) =>
      marks.map(({ axis, from, to, label }) => [name, axis, from, to, label]),
    ),
  );
}

/** Fields of a step that are neither a number nor a text of their own: they have files of their own, or are in run.json. */
const NESTED: readonly string[] = [
  "values",
  "reasons",
  "errors",
  "histogram",
  "histograms",
  "seconds",
  "resources",
  "saturated",
  "network",
  "clocks.pairs",
  "logCheck.producers",
  "logCheck.partitions",
];

/** All steps, those of the preheat as well: a record for each, with every number of run.json that is not a list. */
export function stepsCsv(run: Run): string {
  const records = allSteps(run).map((step) => new Map([...stepStart(step), ...leaves("", step)]));
  const columns = columnsOf(records);
  return csv(
    columns,
    records.map((record) => columns.map((column) => record.get(column))),
  );
}

/** What a reader looks at first: number, phase, varied values, verdict and its reasons. */
function stepStart({ step, phase, values, verdict, reasons }: Step): [string, Field][] {
  const varied = Object.entries(values).map(([name, value]): [string, Field] => [`varied.${name}`, value]);
  return [["step", step], ["phase", phase], ...varied, ["verdict", verdict], ["reasons", reasons.join("; ")]];
}

/** Every second of all measured steps: warm-up, measured time and drain. */
export function secondsCsv(run: Run): string {
  const records = allSteps(run)
    .filter(isMeasured)
    .flatMap((step) => step.seconds.map((second) => secondRecord(step, second)));
  const columns = columnsOf(records);
  return csv(
    columns,
    records.map((record) => columns.map((column) => record.get(column))),
  );
}

function secondRecord({ step }: MeasuredStep, second: Second): Map<string, Field> {
  return new Map([["step", step] as [string, Field], ...leaves("", second)]);
}

/** The columns of all records, in the order in which they first occur. */
function columnsOf(records: readonly ReadonlyMap<string, Field>[]): string[] {
  const columns = new Set<string>();
  for (const record of records) for (const column of record.keys()) columns.add(column);
  return [...columns];
}

function leaves(path: string, value: object): [string, Field][] {
  return Object.entries(value).flatMap(([key, inner]): [string, Field][] => {
    const name = path === "" ? key : `${path}.${key}`;
    if (NESTED.includes(name) || Array.isArray(inner)) return [];
    if (typeof inner === "object" && inner !== null) return leaves(name, inner);
    return [[name, inner as Field]];
  });
}

/** Whether a run has seconds to export. */
export function hasSeconds(run: Run): boolean {
  return measuredSteps({ steps: allSteps(run) }).some(({ seconds }) => seconds.length > 0);
}
