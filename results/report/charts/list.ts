import type { Run } from "../../../contract/result.ts";
import type { Chart, Place, Runs } from "./chart.ts";
import { comparisonChart } from "./comparison.ts";
import { cpuChart } from "./cpu.ts";
import { deliveredChart } from "./delivered.ts";
import { draw } from "./draw.ts";
import { latencyChart } from "./latency.ts";
import { spectrumChart } from "./spectrum.ts";
import { timelineChart } from "./timeline.ts";

/** All charts, in the order of a page. */
const CHARTS: readonly Chart[] = [
  latencyChart,
  deliveredChart,
  cpuChart,
  spectrumChart,
  timelineChart,
  comparisonChart,
];

/** A drawn chart. */
export interface DrawnChart {
  name: string;
  title: string;
  caption: string;
  /** SVG for a light and for a dark page. */
  light: string;
  dark: string;
}

/** All charts of a page, whether or not these runs have data for them. */
export function chartsOf(place: Place): Chart[] {
  return CHARTS.filter((chart) => chart.place === place);
}

/** Draws all charts of a page, except those for which these runs have no data. */
export function drawCharts(place: Place, runs: readonly Run[]): DrawnChart[] {
  const [first, ...others] = runs;
  if (!first) return [];
  return chartsOf(place)
    .map((chart) => drawChart(chart, [first, ...others]))
    .filter((drawn) => drawn !== undefined);
}

/** The title of a chart that shows these runs. */
export function titleOf({ title }: Pick<Chart, "title">, runs: Runs): string {
  return typeof title === "string" ? title : title(runs);
}

/** Draws one chart for a light and a dark page; undefined: the runs have no data for it. */
export function drawChart(
  { name, title, caption, height, ...chart }: Chart,
  runs: Runs,
): DrawnChart | undefined {
  const option = chart.draw(runs);
  if (!option) return undefined;
  return {
    name,
    title: titleOf({ title }, runs),
    caption,
    light: draw(option, "light", height),
    dark: draw(option, "dark", height),
  };
}
