import type { EChartsOption } from "echarts";
import type { Run } from "../../../contract/result.ts";

/** What a chart shows: the one run of a report, or all runs of a comparison. */
export type Runs = readonly [Run, ...Run[]];

/** "report": in report.html and as files in plots/; "comparison": in compare.html. */
export type Place = "report" | "comparison";

/** One chart, declared once; list.ts lists them all. */
export interface Chart {
  /** The name of its files, without an extension. */
  name: string;
  place: Place;
  title: string | ((runs: Runs) => string);
  /** What to see in it: one or two sentences. */
  caption: string;
  /** Pixels; default: 420. */
  height?: number;
  /** Its ECharts option, for the defaults of draw.ts; undefined: the runs have no data for it. */
  draw(runs: Runs): EChartsOption | undefined;
}
