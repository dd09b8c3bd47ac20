import { isMeasured, type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { valuesText, variableText } from "../../contract/text.ts";
import type { StepValues } from "../../contract/workload.ts";
import { curvesOf, varied } from "../series.ts";
import type { ChartPlan } from "./charts.ts";
import { axis } from "./draw.ts";

/** What was delivered of what was offered, per second. */
export function deliveredChart(run: Run): ChartPlan | undefined {
  const { variable, curves } = curvesOf(run);
  const steps = measuredSteps({ steps: curves.flatMap((curve) => curve.steps) });
  if (variable === undefined || steps.length === 0) return undefined;
  const line = (name: string, of: (step: MeasuredStep) => number, type: "solid" | "dashed") => ({
    type: "line" as const,
    name,
    lineStyle: { type },
    symbolSize: 7,
    data: steps.map((step) => [varied(step, variable) as number, of(step) / step.durationSeconds]),
  });
  return {
    name: "delivered",
    title: "Delivered against offered",
    caption: "Messages per second. Where the lines part, messages wait or are lost.",
    option: {
      xAxis: axis(variableText(variable)),
      yAxis: axis("messages per second", "value", { nameGap: 55 }),
      series: [
        line("offered", ({ offered }) => offered, "dashed"),
        line("delivered", ({ delivered }) => delivered, "solid"),
      ],
    },
  };
}

/** Who was busy, step by step. */
export function cpuChart({ steps }: Run): ChartPlan | undefined {
  const bar = (name: string, of: (step: MeasuredStep) => number | null | undefined) => ({
    type: "bar" as const,
    name,
    data: steps.map((step) => (isMeasured(step) ? of(step) : undefined) ?? "-"),
  });
  if (
    !measuredSteps({ steps }).some(
      ({ generator, brokersCpu }) => generator.cpu !== null || brokersCpu !== null,
    )
  )
    return undefined;
  return {
    name: "cpu",
    title: "CPUs used",
    caption:
      "In CPUs, not per cent. An agent's task can use little more than one; where the whole machine is busy, all on it is slowed down.",
    option: {
      xAxis: axis("step", "category", {
        data: steps.map((step) => `${step.step}: ${valuesText(step.values as StepValues)}`),
        axisLabel: { interval: 0, rotate: steps.length > 6 ? 30 : 0, hideOverlap: false },
        nameGap: steps.length > 6 ? 62 : 38,
      }),
      grid: { left: 70, right: 30, top: 50, bottom: steps.length > 6 ? 90 : 60 },
      yAxis: axis("CPUs"),
      series: [
        bar("brokers", ({ brokersCpu }) => brokersCpu),
        bar("busiest agent task", ({ generator }) => generator.cpu),
        bar("all agents", ({ generator }) => generator.cpuTotal),
        bar("whole machine", ({ busiestMachine }) => busiestMachine?.cpusBusy),
      ],
    },
  };
}
