import { type MeasuredStep, measuredSteps } from "../../../contract/result.ts";
import { variableText } from "../../../contract/text.ts";
import { verdictOf } from "../../../contract/verdicts.ts";
import { curvesOf, varied } from "../../series.ts";
import type { Chart } from "./chart.ts";
import { axis, COLOURS } from "./draw.ts";
import { trialSeries } from "./trials.ts";
import { valueAxis } from "./valueAxis.ts";

/** Messages per second of the measured time; older runs do not have what was received. */
function perSec(step: MeasuredStep, name: "offered" | "received"): number {
  return (name === "offered" ? step.offered : (step.received ?? step.delivered)) / step.durationSeconds;
}

/** Offered and received messages per second. */
export const deliveredChart: Chart = {
  name: "delivered",
  place: "report",
  title: "Offered and received load",
  caption:
    "Messages per second that the schedule asked for (dashed) and that arrived at the consumers meanwhile (solid). Each point is a step, the lines run through medians. Where they diverge, messages were waiting or lost.",
  draw: ([run], width) => {
    const { variable, curves } = curvesOf(run);
    const steps = measuredSteps({ steps: curves.flatMap((curve) => curve.steps) });
    if (variable === undefined || steps.length === 0) return undefined;
    const points = (name: "offered" | "received") =>
      steps.map((step) => ({
        x: varied(step, variable) as number,
        y: perSec(step, name),
        symbol: verdictOf(step).symbol,
      }));
    return {
      xAxis: valueAxis(
        variableText(variable),
        points("offered").map(({ x }) => x),
        [],
        width,
      ),
      yAxis: axis("messages per second", "value", { nameGap: 55 }),
      series: [
        ...trialSeries(points("received"), { name: "received", colour: COLOURS[0] as string }),
        ...trialSeries(points("offered"), {
          name: "offered",
          colour: COLOURS[1] as string,
          dash: "dashed",
        }),
      ],
    };
  },
};
