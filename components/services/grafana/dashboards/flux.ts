/** An InfluxDB measurement: its name, tags, and fields (as keys). */
interface Measurement {
  name: string;
  tags: readonly string[];
  fields: Readonly<Record<string, unknown>>;
}
/** The name of a field of a measurement. */
export type FieldOf<M extends Measurement> = keyof M["fields"] & string;
type TagOf<M extends Measurement> = M["tags"][number];

/** The condition on a tag: one value, one of several values, or a regular expression in slashes. */
type Condition = string | readonly string[];

interface Selection<M extends Measurement> {
  from: M;
  /** At least one. */
  fields: readonly FieldOf<M>[];
  /** Conditions on tags. A dashboard variable is written as in Grafana, such as `${run}`. */
  where?: Partial<Record<TagOf<M>, Condition>>;
  /** `shown`: the dashboard's time range. `everything`: all stored data. Default: `shown`. */
  range?: "shown" | "everything";
}

interface Graph<M extends Measurement> extends Selection<M> {
  /** Tags that distinguish lines, in addition to the field. Default: none. */
  by?: readonly TagOf<M>[];
  /** Whether to convert a counter to a rate per second. */
  perSecond?: boolean;
  /** How the samples of a window become one point. Use `max` for percentiles, which must not be averaged. */
  sample: "mean" | "max" | "min" | "last";
  /** How series that differ in tags other than `by` become one line. Leave it out if each line is one series. */
  merge?: "sum" | "max" | "min" | "mean";
  /** Factor that converts the values to the panel's unit. */
  scale?: number;
}

/** Returns a Flux query: a selection, followed by stages. */
export function flux<M extends Measurement>(selection: Selection<M>, ...stages: string[]): string {
  const { from, fields, where = {}, range = "shown" } = selection;
  const filters = [
    matches("_measurement", from.name),
    matches("_field", fields),
    ...Object.entries<Condition | undefined>(where).flatMap(([tag, condition]) =>
      condition === undefined ? [] : [matches(tag, condition)],
    ),
  ];
  return [
    "from(bucket: v.defaultBucket)",
    range === "shown" ? "range(start: v.timeRangeStart, stop: v.timeRangeStop)" : "range(start: 0)",
    ...filters.map((filter) => `filter(fn: (r) => ${filter})`),
    ...stages,
  ].join("\n  |> ");
}

/** Returns a query for lines over time, one for each field and each value of `by`. */
export function graph<M extends Measurement>({
  by = [],
  perSecond,
  sample,
  merge,
  scale,
  ...selection
}: Graph<M>) {
  const columns = ["_field", ...by];
  return flux(
    selection,
    ...(perSecond ? ["derivative(unit: 1s, nonNegative: true)"] : []),
    window(sample),
    `group(columns: ${list(columns)})`,
    ...(merge ? [window(merge)] : []),
    ...(scale ? [`map(fn: (r) => ({r with _value: r._value * ${float(scale)}}))`] : []),
    `keep(columns: ${list(["_time", "_value", ...columns])})`,
  );
}

/** Returns a query for one table with a row for each point and a column for each field and tag. */
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

/** Returns a query for a horizontal line at the last value, over the dashboard's whole time range. */
export function level<M extends Measurement>(selection: Selection<M>): string {
  const pointAt = (time: string) =>
    `level |> map(fn: (r) => ({_time: ${time}, _value: r._value, _field: r._field}))`;
  const source = flux(selection, "group()", "last()");
  return `level = ${source}\nunion(tables: [${pointAt("v.timeRangeStart")}, ${pointAt("v.timeRangeStop")}])\n  |> sort(columns: ["_time"])\n  |> group(columns: ["_field"])`;
}

// Windows are labelled by their start, so that a second aggregation uses the same windows as the first.
const window = (fn: string) =>
  `aggregateWindow(every: v.windowPeriod, fn: ${fn}, createEmpty: false, timeSrc: "_start")`;

function matches(column: string, condition: Condition): string {
  const key = `r[${quote(column)}]`;
  if (typeof condition !== "string") {
    return condition.map((value) => `${key} == ${quote(value)}`).join(" or ");
  }
  return condition.startsWith("/") ? `${key} =~ ${condition}` : `${key} == ${quote(condition)}`;
}

const list = (columns: readonly string[]) => `[${columns.map(quote).join(", ")}]`;
/** A float literal. Flux treats 8 as an integer, and has no exponent notation. */
const float = (value: number) => value.toFixed(12).replace(/0+$/, "").replace(/\.$/, ".0");
/** A string literal. Dashboard variables stay unchanged: Grafana replaces them. */
const quote = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
