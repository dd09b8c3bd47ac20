// The charts of a page as images: for print, for readers without scripts, and as files.
import type { Run } from "../../contract/result.ts";
import type { Chart, Place, Runs } from "./charts/chart.ts";
import { chartsOf, type ReadyChart, readyChart } from "./charts/list.ts";
import { svgOf } from "./charts/svg.ts";
import { chartFigure, Html } from "./page.ts";

/** A chart as an image, with its texts. */
export interface ChartImage {
  name: string;
  title: string;
  caption: string;
  svg: string;
}

/** Draws all charts of a page for which these runs have data. */
export function chartImages(place: Place, runs: readonly Run[]): ChartImage[] {
  return chartsOf(place, runs).map(imageOf);
}

/** Draws one chart; undefined: the runs have no data for it. */
export function chartImage(chart: Chart, runs: Runs): ChartImage | undefined {
  const ready = readyChart(chart, runs);
  return ready && imageOf(ready);
}

function imageOf({ name, title, caption, height, option }: ReadyChart): ChartImage {
  return { name, title, caption, svg: svgOf(option(), "light", height) };
}

/** A chart's figure with its image. */
export function imageFigure(image: ChartImage): Html {
  return chartFigure(image, new Html(image.svg));
}
