/** What is stored under one name: its tags, and its fields as keys. */
interface Measurement {
  name: string;
  tags: readonly string[];
  fields: Readonly<Record<string, unknown>>;
}
export type FieldOf<M extends Measurement> = keyof M["fields"] & string;
type TagOf<M extends Measurement> = M["tags"][number];

/** A value, several of which one must be there, or a regular expression in slashes. */
type Wanted = string | readonly string[];

interface Selection<M extends Measurement> {
  from: M;
  /** At least one. */
  fields: readonly FieldOf<M>[];
  /** What tags must be; a dashboard's variable is written as Grafana has it, such as `${run}`. */
  where?: Partial<Record<TagOf<M>, Wanted>>;
  /** `everything`: all that is kept, whatever time the dashboard shows. Default: what it shows. */
  range?: "shown" | "everything";
}

interface Graph<M extends Measurement> extends Selection<M> {
  /** Tags that tell the lines apart, beside the field. Default: none. */
  by?: readonly TagOf<M>[];
  /** Whether the field counts up, and what is wanted is how much a second. */
  perSecond?: boolean;
  /** What one point is of the samples it stands for. `max` for percentiles, which must not be averaged. */
  sample: "mean" | "max" | "min" | "last";
  /** What one line is of the series that differ in other tags than `by`. Absent: there is one series to a line. */
  merge?: "sum" | "max" | "min" | "mean";
  /** What the values are multiplied with, to come to the panel's unit. */
  scale?: number;
}

/** A query in Flux: what is taken, then one stage after another. */
export function flux<M extends Measurement>(selection: Selection<M>, ...stages: string[]): string {
  const { from, fields, where = {}, range = "shown" } = selection;
  const filters = [
    matches("_measurement", from.name),
    matches("_field", fields),
    ...Object.entries<Wanted | undefined>(where).flatMap(([tag, wanted]) =>
      wanted === undefined ? [] : [matches(tag, wanted)],
    ),
  ];
  return [
    "from(bucket: v.defaultBucket)",
    range === "shown" ? "range(start: v.timeRangeStart, stop: v.timeRangeStop)" : "range(start: 0)",
    ...filters.map((condition) => `filter(fn: (r) => ${condition})`),
    ...stages,
  ].join("\n  |> ");
}

/** Lines over time, one for each field and each value of `by`. */
export function graph<M extends Measurement>({ by = [], perSecond, sample, merge, scale, ...of }: Graph<M>) {
  const columns = ["_field", ...by];
  return flux(
    of,
    ...(perSecond ? ["derivative(unit: 1s, nonNegative: true)"] : []),
    window(sample),
    `group(columns: ${list(columns)})`,
    ...(merge ? [window(merge)] : []),
    ...(scale ? [`map(fn: (r) => ({r with _value: r._value * ${float(scale)}}))`] : []),
    `keep(columns: ${list(["_time", "_value", ...columns])})`,
  );
}

/** One table with a row for each point, and the fields and tags as its columns. */
export function rows<M extends Measurement>(
  selection: Selection<M>,
  columns: readonly (FieldOf<M> | TagOf<M> | "_time")[],
  ...stages: string[]
): string {
  return flux(
    selection,
    'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
    "group()",
    ...stages,
    `keep(columns: ${list(columns)})`,
  );
}

/** A level of one number, drawn over the whole of what the dashboard shows. */
export function level<M extends Measurement>(selection: Selection<M>): string {
  const at = (time: string) =>
    `level |> map(fn: (r) => ({_time: ${time}, _value: r._value, _field: r._field}))`;
  const source = flux(selection, "group()", "last()");
  return `level = ${source}\nunion(tables: [${at("v.timeRangeStart")}, ${at("v.timeRangeStop")}])\n  |> sort(columns: ["_time"])\n  |> group(columns: ["_field"])`;
}

// Windows are named by their start, so that a second one merges the same samples as the first.
const window = (fn: string) =>
  `aggregateWindow(every: v.windowPeriod, fn: ${fn}, createEmpty: false, timeSrc: "_start")`;

function matches(column: string, wanted: Wanted): string {
  const key = `r[${quote(column)}]`;
  if (typeof wanted !== "string") return wanted.map((value) => `${key} == ${quote(value)}`).join(" or ");
  return wanted.startsWith("/") ? `${key} =~ ${wanted}` : `${key} == ${quote(wanted)}`;
}

const list = (columns: readonly string[]) => `[${columns.map(quote).join(", ")}]`;
/** Flux tells 8 from 8.0, and knows no exponents. */
const float = (value: number) => value.toFixed(12).replace(/0+$/, "").replace(/\.$/, ".0");
/** A dashboard's variable stays as it is: Grafana puts its value there. */
const quote = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
