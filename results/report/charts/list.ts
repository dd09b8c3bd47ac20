import { withThinnedSeconds } from "../../thinned.ts";
import type { Chart, Place, Runs, ShownRun } from "./chart.ts";
import { comparisonChart } from "./comparison.ts";
import { cpuChart } from "./cpu.ts";
import { deliveredChart } from "./delivered.ts";
import { kneeChart, latencyChart } from "./latency.ts";
import { ratesChart } from "./rates.ts";
import { searchChart } from "./search.ts";
import { spectrumChart } from "./spectrum.ts";
import { timelineChart } from "./timeline.ts";

/** All charts, in the order of a page. */
const CHARTS: readonly Chart[] = [
  latencyChart,
  kneeChart,
  searchChart,
  deliveredChart,
  timelineChart,
  ratesChart,
  cpuChart,
  spectrumChart,
  comparisonChart,
];

/** A chart with data, ready to be drawn. */
export interface ReadyChart extends Pick<Chart, "name" | "height" | "zoom"> {
  title: string;
  caption: string;
  /** Its ECharts option for a width in pixels. */
  option(width?: number): NonNullable<ReturnType<Chart["draw"]>>;
}

/** All charts of a page, whether or not there are runs with data for them. */
export function chartsAt(place: Place): Chart[] {
  return CHARTS.filter((chart) => chart.place === place);
}

/** The charts of a page for which these runs have data. @param only these charts, by name. Default: all */
export function chartsOf(place: Place, runs: readonly ShownRun[], only?: readonly string[]): ReadyChart[] {
  const [first, ...others] = runs.map((run) => withThinnedSeconds(run));
  if (!first) return [];
  return chartsAt(place)
    .filter(({ name }) => only?.includes(name) ?? true)
    .map((chart) => readyChart(chart, [first, ...others]))
    .filter((ready) => ready !== undefined);
}

/** The title of a chart that shows these runs. */
export function titleOf({ title }: Pick<Chart, "title">, runs: Runs): string {
  return typeof title === "string" ? title : title(runs);
}

/** How to read a chart that shows these runs. */
export function captionOf({ caption }: Pick<Chart, "caption">, runs: Runs): string {
  return typeof caption === "string" ? caption : caption(runs);
}

/** One chart of these runs; undefined: they have no data for it. */
export function readyChart(chart: Chart, runs: Runs): ReadyChart | undefined {
  const { name, height, zoom } = chart;
  const drawn = chart.draw(runs);
  if (!drawn) return undefined;
  return {
    name,
    title: titleOf(chart, runs),
    caption: captionOf(chart, runs),
    ...(height === undefined ? {} : { height }),
    ...(zoom === undefined ? {} : { zoom }),
    option: (width) => (width === undefined ? drawn : (chart.draw(runs, width) ?? drawn)),
  };
}
