// The data of the report's charts, read from their declarations: a chart that is added is exported without more code.
import type { Run } from "../../contract/result.ts";
import type { Chart, Runs } from "../report/charts/chart.ts";
import { captionOf, chartsAt, titleOf } from "../report/charts/list.ts";
import { svgOf } from "../report/charts/svg.ts";

/** A coordinate. null: there is none, which interrupts a line. */
export type Coordinate = number | string | null;

/** A point of a series. */
export interface Point {
  x: Coordinate;
  /** One value; several for series that draw ranges. */
  y: Coordinate[];
  /** Shape of its symbol, if it is not that of the series. */
  marker?: string;
}

/** A line, a row of bars or a cloud of points. */
export interface Series {
  name: string;
  /** As ECharts calls it: line, bar, scatter. */
  kind: string;
  dashed: boolean;
  /** Whether it is part of another series, which follows: its medians, or its band. */
  isPart: boolean;
  points: Point[];
}

/** A line across a chart if both ends are the same, otherwise a band. */
export interface Mark {
  axis: "x" | "y";
  from: number;
  to: number;
  label: string;
}

/** An axis of a figure. */
export interface Axis {
  name: string;
  scale: "linear" | "log" | "category";
  /** The categories, in their order. Only of a category axis. */
  categories: string[];
  /** How the chart labels a value. Absent: as a plain number. */
  label?: (value: number) => string;
}

/** A chart as data. */
export interface Figure {
  name: string;
  title: string;
  caption: string;
  /** What the columns mean, if the axes do not say it. */
  note: string;
  x: Axis;
  y: Axis;
  series: Series[];
  marks: Mark[];
  /** The chart as the report draws it, as SVG. */
  svg: string;
}

/** All figures of a run's report for which it has data, and the names of those that it should have. */
export function figuresOf(run: Run): { figures: Figure[]; missing: string[] } {
  const figures: Figure[] = [];
  const missing: string[] = [];
  for (const chart of chartsAt("report")) {
    const figure = figureOf(chart, [run]);
    if (figure) figures.push(figure);
    else if (!chart.isOptional) missing.push(chart.name);
  }
  return { figures, missing };
}

/** A chart as data; undefined: the runs have no data for it. */
export function figureOf(chart: Chart, runs: Runs): Figure | undefined {
  const drawn = chart.draw(runs);
  if (!drawn) return undefined;
  const option = drawn as unknown as Option;
  const x = axisOf(option.xAxis);
  const all = asList(option.series);
  return {
    name: chart.name,
    title: titleOf(chart, runs),
    caption: captionOf(chart, runs),
    note: chart.dataNote ?? "",
    x,
    y: axisOf(option.yAxis),
    series: withNamedParts(
      all.map((series) => seriesOf(series, x)).filter(({ points }) => points.length > 0),
    ),
    marks: all.flatMap(marksOf),
    svg: stableIds(svgOf(drawn, "light", chart.height)),
  };
}

// The parts of an ECharts option that charts use. The library's own types allow far more.
interface Option {
  xAxis?: RawAxis | RawAxis[];
  yAxis?: RawAxis | RawAxis[];
  series?: RawSeries | RawSeries[];
}
interface RawAxis {
  name?: string;
  type?: string;
  data?: unknown[];
  axisLabel?: { formatter?: unknown };
}
interface RawSeries {
  name?: string;
  type?: string;
  data?: unknown[];
  lineStyle?: { type?: unknown };
  markLine?: { data?: RawMark[] };
  markArea?: { data?: RawMark[][] };
}
interface RawMark {
  xAxis?: number;
  yAxis?: number;
  label?: { formatter?: unknown };
}

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function axisOf(raw: RawAxis | RawAxis[] | undefined): Axis {
  const [axis] = asList(raw);
  const type = axis?.type;
  const formatter = axis?.axisLabel?.formatter;
  return {
    name: axis?.name ?? "",
    scale: type === "log" || type === "category" ? type : "linear",
    categories: type === "category" ? (axis?.data ?? []).map(String) : [],
    ...(typeof formatter === "function" ? { label: (value: number) => String(formatter(value)) } : {}),
  };
}

function seriesOf({ name = "", type = "line", data = [], lineStyle }: RawSeries, x: Axis): Series {
  const dashed = lineStyle?.type === "dashed";
  const points = data.map((item, index) => pointOf(item, index, x));
  return { name, kind: type, dashed, isPart: false, points };
}

/** Charts name a line like the points whose medians it has, and do not name a band. */
function withNamedParts(all: readonly Series[]): Series[] {
  return all.map((series, index) => {
    const { name, kind } = series;
    const next = all[index + 1];
    if (kind === "custom") return { ...series, name: `${next?.name ?? ""}, range`, isPart: true };
    if (name === next?.name) return { ...series, name: `${name}, medians`, isPart: true };
    return series;
  });
}

/** A data item is a value, a list of values, or an object with either and a symbol. */
function pointOf(item: unknown, index: number, x: Axis): Point {
  if (isObject(item)) {
    const point = pointOf(item.value, index, x);
    return typeof item.symbol === "string" ? { ...point, marker: item.symbol } : point;
  }
  if (!Array.isArray(item)) return { x: x.categories[index] ?? index, y: [coordinate(item)] };
  const [first, ...others] = item;
  return { x: coordinate(first), y: others.map(coordinate) };
}

function isObject(value: unknown): value is { value?: unknown; symbol?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** ECharts writes "-" where there is no value. */
function coordinate(value: unknown): Coordinate {
  if (typeof value === "number") return value;
  return typeof value === "string" && value !== "-" ? value : null;
}

function marksOf({ markLine, markArea }: RawSeries): Mark[] {
  const lines = markLine?.data ?? [];
  const areas = markArea?.data ?? [];
  return [
    ...lines.flatMap((line) => markBetween(line, line)),
    ...areas.flatMap(([from, to]) => (from && to ? markBetween(from, to) : [])),
  ];
}

function markBetween(from: RawMark, to: RawMark): Mark[] {
  const formatter = from.label?.formatter;
  const label = typeof formatter === "string" ? formatter.replaceAll("\n", ", ") : "";
  if (from.xAxis !== undefined && to.xAxis !== undefined)
    return [{ axis: "x", from: from.xAxis, to: to.xAxis, label }];
  if (from.yAxis !== undefined && to.yAxis !== undefined)
    return [{ axis: "y", from: from.yAxis, to: to.yAxis, label }];
  return [];
}

/** ECharts numbers ids and classes through all charts of a process. Numbered by chart, the same chart always gives the same text. */
function stableIds(svg: string): string {
  const ids = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-[a-z]+-?\d+/g, (id) => {
    const stable = ids.get(id) ?? `id-${ids.size}`;
    ids.set(id, stable);
    return stable;
  });
}
