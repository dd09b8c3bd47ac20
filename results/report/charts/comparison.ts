import { variableText } from "../../../contract/text.ts";
import { verdictOf } from "../../../contract/verdicts.ts";
import { letter } from "../../compare/comparison.ts";
import { curvesOf, varied } from "../../series.ts";
import { isAboutBroker } from "../../steps.ts";
import type { Chart, Runs, ShownRun } from "./chart.ts";
import { axis, COLOURS, scaleOf } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";
import { type TrialPoint, trialSeries } from "./trials.ts";
import { valueAxis } from "./valueAxis.ts";

const variableOf = ([first]: Runs) => curvesOf(first).variable;
const DASHES = ["solid", "dashed", "dotted"] as const;

/** The p99 latency of several runs by the varied option. */
export const comparisonChart: Chart = {
  name: "comparison",
  place: "comparison",
  title: (runs) => `p99 latency by ${variableOf(runs)}`,
  caption:
    "Each point is a step, each line runs through the medians of a run. Steps in which the load generator was at its own limit are left out.",
  draw: (runs, width) => {
    const variable = variableOf(runs);
    if (variable === undefined) return undefined;
    const lines = runs.map((run, index) => ({
      name: `${letter(index)}: ${run.scenario}`,
      colour: COLOURS[index % COLOURS.length] as string,
      dash: DASHES[index % DASHES.length] as (typeof DASHES)[number],
      points: p99Points(run, variable),
    }));
    const points = lines.flatMap((line) => line.points);
    if (points.length === 0) return undefined;
    const { p99Ms } = runs[0].slo;
    return {
      xAxis: valueAxis(
        variableText(variable),
        points.map(({ x }) => x),
        [],
        width,
      ),
      yAxis: axis("p99 latency, ms", scaleOf([...points.map(({ y }) => y), p99Ms])),
      series: [
        ...lines.flatMap((line) => trialSeries(line.points, { ...line, band: true })),
        marks([sloLine(p99Ms, `SLO ${p99Ms} ms`)]),
      ],
    };
  },
};

/** Value and p99 of each step that says something about the broker. */
function p99Points(run: ShownRun, variable: string): TrialPoint[] {
  return run.steps.filter(isAboutBroker).flatMap((step) => {
    const [x, y] = [varied(step, variable), step.latencyMs.p99];
    if (typeof x !== "number" || y === null) return [];
    return [{ x, y, symbol: verdictOf(step).symbol }];
  });
}
