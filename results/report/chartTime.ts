import { measuredSteps, type Run, type Second } from "../../contract/result.ts";
import { valuesText } from "../../contract/text.ts";
import type { StepValues } from "../../contract/workload.ts";
import type { ChartPlan } from "./charts.ts";
import { axis, BAD, GOOD } from "./draw.ts";

/** The delay of each second of the run, with the measured times marked. */
export function timelineChart(run: Run): ChartPlan | undefined {
  const steps = measuredSteps(run);
  const seconds = steps.flatMap((step) => step.seconds);
  const first = seconds[0];
  if (!first) return undefined;
  const line = (name: string, of: (second: Second) => number | null) => ({
    type: "line" as const,
    name,
    showSymbol: false,
    data: steps.flatMap((step, index) => [
      ...(index > 0 ? [["-", "-"]] : []), // a gap between two steps
      ...step.seconds.map((second) => [second.at - first.at, positive(of(second))]),
    ]),
  });
  const measured = steps.flatMap((step) => {
    const marked = step.seconds.filter((second) => second.measured);
    const [from, to] = [marked[0], marked.at(-1)];
    if (!from || !to) return [];
    const label = {
      position: "insideTop",
      fontSize: 10,
      formatter: valuesText(step.values as StepValues).replace(", ", "\n"),
    };
    return [[{ xAxis: from.at - first.at, label }, { xAxis: to.at - first.at + 1 }]];
  });
  return {
    name: "timeline",
    title: "Delay over time",
    caption: "Each second of the run. Marked: what was measured; before it the warm-up, after it the drain.",
    option: {
      xAxis: axis("seconds since the first message", "value", {
        max: (seconds.at(-1)?.at ?? 0) - first.at + 1,
      }),
      yAxis: axis("delay, ms", "log"),
      series: [
        line("p50", ({ delayMs }) => delayMs.p50),
        line("p99", ({ delayMs }) => delayMs.p99),
        line("max", ({ delayMs }) => delayMs.max),
        {
          type: "line" as const,
          data: [],
          silent: true,
          markArea: {
            itemStyle: { color: GOOD, opacity: 0.1 },
            label: { show: measured.length <= 12 },
            data: measured as never,
          },
          markLine: {
            symbol: "none",
            data: [
              {
                yAxis: run.slo.p99Ms,
                lineStyle: { color: BAD, type: "dashed" as const },
                label: { show: false },
              },
            ],
          },
        },
      ],
    },
  };
}

/** A logarithmic axis has no zero; delays below zero are told of in the warnings. */
function positive(ms: number | null): number | "-" {
  return ms === null || ms <= 0 ? "-" : ms;
}
