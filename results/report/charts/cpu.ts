import { isMeasured, type MeasuredStep, measuredSteps } from "../../../contract/result.ts";
import { stepName } from "../../steps.ts";
import type { Chart } from "./chart.ts";
import { axis } from "./draw.ts";

/** With more steps, their names are drawn at an angle. */
const MANY_STEPS = 6;

/** The CPUs that brokers, agents and machines used in each step. */
export const cpuChart: Chart = {
  name: "cpu",
  place: "report",
  title: "CPU use",
  caption:
    "In CPUs: 1 means that one CPU was fully busy. An agent can use little more than one CPU. If all CPUs of a machine are busy, everything on it is slowed down.",
  draw: ([{ steps }]) => {
    const measured = measuredSteps({ steps });
    if (measured.every(({ generator, brokersCpu }) => generator.cpu === null && brokersCpu === null))
      return undefined;
    const bar = (name: string, read: (step: MeasuredStep) => number | null | undefined) => ({
      type: "bar" as const,
      name,
      data: steps.map((step) => (isMeasured(step) ? read(step) : null) ?? "-"),
    });
    const many = steps.length > MANY_STEPS;
    return {
      xAxis: axis("step", "category", {
        data: steps.map(stepName),
        axisLabel: { interval: 0, rotate: many ? 30 : 0, hideOverlap: false },
        nameGap: many ? 62 : 38,
      }),
      grid: { left: 70, right: 30, top: 50, bottom: many ? 90 : 60 },
      yAxis: axis("CPUs"),
      series: [
        bar("brokers", ({ brokersCpu }) => brokersCpu),
        bar("busiest agent", ({ generator }) => generator.cpu),
        bar("all agents", ({ generator }) => generator.cpuTotal),
        bar("busiest machine", ({ busiestMachine }) => busiestMachine?.cpusBusy),
      ],
    };
  },
};
