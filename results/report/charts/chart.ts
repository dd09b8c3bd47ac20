import type { EChartsOption } from "echarts";
import type { FaultRecord } from "../../../contract/faults.ts";
import type { Run } from "../../../contract/result.ts";
import type { StepValues } from "../../../contract/workload.ts";
import type { SecondsMerged } from "../../thinned.ts";

/** The step that is under way. */
export interface CurrentStep {
  step: number;
  values: StepValues;
  seconds: readonly SecondsMerged[];
  /** Its faults so far. Absent: none. */
  faults?: readonly FaultRecord[];
}

/** A run as a chart shows it: its finished steps, and the one that is under way. */
export interface ShownRun extends Run {
  current?: CurrentStep;
}

/** The runs that a chart shows: one in a report, all in a comparison. */
export type Runs = readonly [ShownRun, ...ShownRun[]];

/** Where a chart is shown. "report": report.html and files in plots/; "comparison": compare.html. */
export type Place = "report" | "comparison";

/** The declaration of a chart; list.ts lists all charts. */
export interface Chart {
  /** Name of its files, without extension. */
  name: string;
  place: Place;
  title: string | ((runs: Runs) => string);
  /** How to read it: one or two sentences. */
  caption: string | ((runs: Runs) => string);
  /** What the columns x and y of its exported data mean, if the names of the axes do not say it: a sentence. */
  dataNote?: string;
  /** Height in pixels. @default 420 */
  height?: number;
  /** Whether a complete run may lack it. */
  isOptional?: boolean;
  /** Whether the page has a slider below it that selects a part of its horizontal axis. */
  zoom?: boolean;
  /** Its ECharts option, merged with the defaults of draw.ts; undefined: the runs have no data for it. @param width pixels */
  draw(runs: Runs, width?: number): EChartsOption | undefined;
}
