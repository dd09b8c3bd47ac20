// The charts of a run, as SVG, each for a light and for a dark page.
import type { EChartsOption } from "echarts";
import type { Run } from "../../contract/result.ts";
import { delayChart, spectrumChart } from "./chartDelay.ts";
import { cpuChart, deliveredChart } from "./chartLoad.ts";
import { timelineChart } from "./chartTime.ts";
import { draw } from "./draw.ts";

export interface Chart {
  /** Of its file, without an ending. */
  name: string;
  title: string;
  /** What is to be seen in it, a sentence. */
  caption: string;
  light: string;
  dark: string;
}

export interface ChartPlan {
  name: string;
  title: string;
  caption: string;
  option: EChartsOption;
  height?: number;
}

/** Those that this run has figures for. */
export function chartsOf(run: Run): Chart[] {
  return [delayChart(run), deliveredChart(run), cpuChart(run), spectrumChart(run), timelineChart(run)]
    .filter((plan) => plan !== undefined)
    .map(drawn);
}

export function drawn({ option, height, ...plan }: ChartPlan): Chart {
  return { ...plan, light: draw(option, "light", height), dark: draw(option, "dark", height) };
}
