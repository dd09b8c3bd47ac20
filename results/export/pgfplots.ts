// Figures for pgfplots: a data file for each series, and a picture that draws them.
import { formatNumber } from "../../contract/text.ts";
import type { Axis, Figure, Mark, Point, Series } from "./figures.ts";
import type { ExportFile } from "./file.ts";
import { latexText } from "./latex.ts";

/** The macro that holds the path of the folder pgfplots/, as seen from the document. */
const FOLDER = "\\swarmbenchdata";

/** `pgfplots/<figure>.tex`, and `pgfplots/<figure>-<number>.dat` for each series. */
export function pgfplotsFiles(figure: Figure): ExportFile[] {
  const { name, title, x } = figure;
  return [
    { name: `pgfplots/${name}.tex`, type: "text/x-tex", text: picture(figure), about: `${title}, a picture` },
    ...figure.series.map((series, index) => ({
      name: `pgfplots/${dataName(name, index)}`,
      type: "text/plain",
      text: data(series, x),
      about: `${title}: ${series.name}`,
    })),
  ];
}

const dataName = (figure: string, index: number) => `${figure}-${index + 1}.dat`;

/** Columns x and y, and y2, … if there are more. A missing value is `nan`, which interrupts the line. */
function data({ points }: Series, x: Axis): string {
  const width = Math.max(1, ...points.map(({ y }) => y.length));
  const heads = Array.from({ length: width }, (_, index) => (index === 0 ? "y" : `y${index + 1}`));
  const row = (point: Point) =>
    [position(point, x), ...heads.map((_, index) => point.y[index] ?? null)].map(value).join(" ");
  return [`x ${heads.join(" ")}`, ...points.map(row)].map((line) => `${line}\n`).join("");
}

/** A category is its number, from 1. */
function position({ x }: Point, axis: Axis): number | string | null {
  return axis.scale === "category" && typeof x === "string" ? axis.categories.indexOf(x) + 1 : x;
}

function value(coordinate: number | string | null): string {
  return typeof coordinate === "number" ? String(coordinate) : "nan";
}

function picture(figure: Figure): string {
  const { name, title, caption, series, marks } = figure;
  return [
    `% ${comment(title)}: ${comment(caption)}`,
    "% Needs \\usepackage{pgfplots} and \\pgfplotsset{compat=1.18}. If the document is in another folder than this file:",
    `% \\newcommand{${FOLDER}}{<path of this file's folder>}. Thousands of points need LuaLaTeX.`,
    `\\providecommand{${FOLDER}}{.}`,
    "\\begin{tikzpicture}",
    `\\begin{axis}[${axisOptions(figure).join(",\n  ")},\n]`,
    ...marks.filter(({ from, to }) => from !== to).map(band),
    ...series.flatMap((each, index) => plot(each, `${FOLDER}/${dataName(name, index)}`)),
    ...marks.filter(({ from, to }) => from === to).map(line),
    "\\end{axis}",
    "\\end{tikzpicture}",
    "",
  ].join("\n");
}

const comment = (text: string) => text.replaceAll(/\s+/g, " ");

function axisOptions({ x, y, series }: Figure): string[] {
  const isBars = series.some(({ kind }) => kind === "bar");
  return [
    "\n  width=\\linewidth",
    "height=0.5\\linewidth",
    `xlabel={${latexText(x.name)}}`,
    `ylabel={${latexText(y.name)}}`,
    ...(x.scale === "log" ? ["xmode=log"] : []),
    ...(y.scale === "log" ? ["ymode=log"] : []),
    ...(isBars ? ["ybar", "bar width=3pt", "ymin=0"] : ["mark size=1.2pt"]),
    ...ticks(x, series),
    "legend style={at={(0.5,1.03)}, anchor=south, legend columns=2, font=\\footnotesize}",
    "legend cell align=left",
    "unbounded coords=jump",
  ];
}

function ticks(x: Axis, series: readonly Series[]): string[] {
  if (x.scale === "category") {
    const numbers = x.categories.map((_, index) => index + 1);
    return [
      `xtick={${numbers.join(",")}}`,
      `xticklabels={${x.categories.map((name) => `{${latexText(name)}}`).join(",")}}`,
      "x tick label style={rotate=30, anchor=north east, font=\\footnotesize}",
    ];
  }
  const { label } = x;
  if (x.scale !== "log" || !label) return [];
  const decades = decadesOf(series);
  return [
    `xtick={${decades.join(",")}}`,
    `xticklabels={${decades.map((each) => `{${latexText(label(each))}}`).join(",")}}`,
  ];
}

/** The powers of ten between the smallest and the largest x. */
function decadesOf(series: readonly Series[]): number[] {
  const all = series.flatMap(({ points }) => points.map(({ x }) => x)).filter((x) => typeof x === "number");
  const largest = all.reduce((most, x) => Math.max(most, x), 1);
  const smallest = all.reduce((least, x) => Math.min(least, x), largest);
  const first = Math.ceil(Math.log10(smallest) - 1e-9);
  const last = Math.floor(Math.log10(largest) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
}

/** A part of a series has its colour, because it does not advance the colours, and no entry in the legend. */
function plot({ name, kind, dashed, isPart, points }: Series, file: string): string[] {
  if (kind === "custom")
    return ["y", "y2"].map((y) => `\\addplot+[dotted, mark=none, forget plot] table[x=x, y=${y}] {${file}};`);
  const isCloud = kind === "scatter";
  const isDense = points.length > 200;
  const options = [
    ...(isCloud ? ["only marks"] : []),
    ...(dashed ? ["dashed"] : []),
    ...((isDense && !isCloud) || isPart ? ["mark=none"] : []),
    ...(isPart ? ["forget plot"] : []),
  ];
  return [
    `\\addplot+[${options.join(", ")}] table[x=x, y=y] {${file}};`,
    ...(name === "" || isPart ? [] : [`\\addlegendentry{${latexText(name)}}`]),
  ];
}

/** A line across the picture. The other coordinate of its point is 1, which every kind of axis has. */
function line({ axis, from, label }: Mark): string {
  const [start, end] =
    axis === "x"
      ? [`({axis cs:${from},1}|-{rel axis cs:0,0})`, `({axis cs:${from},1}|-{rel axis cs:0,1})`]
      : [`({axis cs:1,${from}}-|{rel axis cs:0,0})`, `({axis cs:1,${from}}-|{rel axis cs:1,0})`];
  const where = axis === "x" ? "anchor=north west, at end" : "anchor=south west, at start";
  const node = label === "" ? "" : ` node[${where}, font=\\footnotesize]{${latexText(label)}}`;
  return `\\draw[dashed] ${start} -- ${end}${node};`;
}

function band({ axis, from, to, label }: Mark): string {
  const corner = (at: number, side: number) =>
    axis === "x"
      ? `({axis cs:${at},1}|-{rel axis cs:0,${side}})`
      : `({axis cs:1,${at}}-|{rel axis cs:${side},0})`;
  const range = `% ${comment(label || "band")}: ${formatNumber(from)} to ${formatNumber(to)}`;
  return `\\fill[gray, opacity=0.15] ${corner(from, 0)} rectangle ${corner(to, 1)}; ${range}`;
}
