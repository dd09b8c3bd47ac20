import type { Run } from "../../../contract/result.ts";
import { variableText } from "../../../contract/text.ts";
import { letter } from "../../compare/comparison.ts";
import { curvesOf, varied } from "../../series.ts";
import { isAboutBroker } from "../../steps.ts";
import type { Chart, Runs } from "./chart.ts";
import { axis, scaleOf } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

const variableOf = ([first]: Runs) => curvesOf(first).variable;

/** The p99 latency of several runs, by the varied option. */
export const comparisonChart: Chart = {
  name: "comparison",
  place: "comparison",
  title: (runs) => `p99 latency by ${variableOf(runs)}`,
  caption: "Each line is a run. Steps in which the load generator was at its own limit are left out.",
  draw: (runs) => {
    const variable = variableOf(runs);
    if (variable === undefined) return undefined;
    const series = runs.map((run, index) => ({
      type: "line" as const,
      name: `${letter(index)}: ${run.scenario}`,
      symbolSize: 8,
      data: p99Points(run, variable).sort(([a], [b]) => a - b),
    }));
    const points = series.flatMap(({ data }) => data);
    if (points.length === 0) return undefined;
    const { p99Ms } = runs[0].slo;
    return {
      xAxis: axis(variableText(variable), scaleOf(points.map(([value]) => value))),
      yAxis: axis("p99 latency, ms", scaleOf([...points.map(([, ms]) => ms), p99Ms])),
      series: [...series, marks([sloLine(p99Ms, `SLO ${p99Ms} ms`)])],
    };
  },
};

/** Value and p99 of each step that says something about the broker. */
function p99Points(run: Run, variable: string): [number, number][] {
  return run.steps.filter(isAboutBroker).flatMap((step) => {
    const [value, p99] = [varied(step, variable), step.latencyMs.p99];
    return typeof value === "number" && p99 !== null ? [[value, p99] as [number, number]] : [];
  });
}
