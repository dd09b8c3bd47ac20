import type { EChartsOption } from "echarts";
import type { Run } from "../../../contract/result.ts";

/** The runs that a chart shows: one in a report, all in a comparison. */
export type Runs = readonly [Run, ...Run[]];

/** Where a chart is shown. "report": report.html and files in plots/; "comparison": compare.html. */
export type Place = "report" | "comparison";

/** The declaration of a chart; list.ts lists all charts. */
export interface Chart {
  /** Name of its files, without extension. */
  name: string;
  place: Place;
  title: string | ((runs: Runs) => string);
  /** How to read it: one or two sentences. */
  caption: string;
  /** What the columns x and y of its exported data mean, if the names of the axes do not say it: a sentence. */
  dataNote?: string;
  /** Height in pixels. @default 420 */
  height?: number;
  /** Its ECharts option, merged with the defaults of draw.ts; undefined: the runs have no data for it. */
  draw(runs: Runs): EChartsOption | undefined;
}
