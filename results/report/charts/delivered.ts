import { type MeasuredStep, measuredSteps } from "../../../contract/result.ts";
import { variableText } from "../../../contract/text.ts";
import { curvesOf, varied } from "../../series.ts";
import type { Chart } from "./chart.ts";
import { axis } from "./draw.ts";

/** Offered and received messages per second. */
export const deliveredChart: Chart = {
  name: "delivered",
  place: "report",
  title: "Offered and received load",
  caption:
    "Messages per second that the schedule asked for (dashed) and that arrived at the consumers meanwhile (solid). Where the lines diverge, messages were waiting or lost.",
  draw: ([run]) => {
    const { variable, curves } = curvesOf(run);
    const steps = measuredSteps({ steps: curves.flatMap((curve) => curve.steps) });
    if (variable === undefined || steps.length === 0) return undefined;
    const perSec = (step: MeasuredStep, name: "offered" | "received") =>
      (name === "offered" ? step.offered : (step.received ?? step.delivered)) / step.durationSeconds;
    const line = (name: "offered" | "received", type: "solid" | "dashed") => ({
      type: "line" as const,
      name,
      lineStyle: { type },
      symbolSize: 7,
      data: steps.map((step) => [varied(step, variable) as number, perSec(step, name)]),
    });
    return {
      xAxis: axis(variableText(variable)),
      yAxis: axis("messages per second", "value", { nameGap: 55 }),
      series: [line("offered", "dashed"), line("received", "solid")],
    };
  },
};
