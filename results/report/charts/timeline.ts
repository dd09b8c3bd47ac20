import { type MeasuredStep, measuredSteps, type Second } from "../../../contract/result.ts";
import { stepValues } from "../../steps.ts";
import type { Chart } from "./chart.ts";
import { axis, GOOD } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

/** With more steps, their names would overlap. */
const LABELLED_STEPS = 12;

/** The latency of each second of the run; measured times are highlighted. */
export const timelineChart: Chart = {
  name: "timeline",
  place: "report",
  title: "Latency over time",
  caption:
    "p50, p99 and maximum of each second. Highlighted: the measured time of each step, after its warm-up and before its drain. Dashed line: the SLO.",
  draw: ([run]) => {
    const steps = measuredSteps(run);
    const seconds = steps.flatMap((step) => step.seconds);
    const [start, end] = [seconds[0]?.at, seconds.at(-1)?.at];
    if (start === undefined || end === undefined) return undefined;
    const measured = steps.flatMap((step) => measuredArea(step, start));
    return {
      xAxis: axis("seconds since the first message", "value", { max: end - start + 1 }),
      yAxis: axis("latency, ms", "log"),
      series: [
        line("p50", steps, start, ({ latencyMs }) => latencyMs.p50),
        line("p99", steps, start, ({ latencyMs }) => latencyMs.p99),
        line("max", steps, start, ({ latencyMs }) => latencyMs.max),
        marks([sloLine(run.slo.p99Ms)], {
          itemStyle: { color: GOOD, opacity: 0.1 },
          label: { show: measured.length <= LABELLED_STEPS },
          data: measured,
        }),
      ],
    };
  },
};

function line(
  name: string,
  steps: readonly MeasuredStep[],
  start: number,
  read: (second: Second) => number | null,
) {
  const data = steps.flatMap((step, index) => {
    const points = step.seconds.map((second) => [second.at - start, positive(read(second))]);
    return index > 0 ? [["-", "-"], ...points] : points; // a gap between two steps
  });
  return { type: "line" as const, name, showSymbol: false, data };
}

function measuredArea(step: MeasuredStep, start: number): object[][] {
  const seconds = step.seconds.filter(({ measured }) => measured);
  const [from, to] = [seconds[0], seconds.at(-1)];
  if (!from || !to) return [];
  const label = { position: "insideTop", fontSize: 10, formatter: stepValues(step).replace(", ", "\n") };
  return [[{ xAxis: from.at - start, label }, { xAxis: to.at - start + 1 }]];
}

/** A logarithmic axis cannot show zero or less; warnings report latencies below zero. */
function positive(ms: number | null): number | "-" {
  return ms === null || ms <= 0 ? "-" : ms;
}
