import { DelayHistogram } from "../../contract/histogram.ts";
import { isMeasured, measuredSteps, type Run } from "../../contract/result.ts";
import { figure, valuesText, variableText } from "../../contract/text.ts";
import { VERDICTS, type VerdictDescriptor, verdictOf } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";
import { curvesOf, varied } from "../series.ts";
import type { ChartPlan } from "./charts.ts";
import { axis, BAD, COLOURS, GOOD, scaleOf } from "./draw.ts";

const PERCENTILES = ["p50", "p90", "p99", "p99.9"] as const;

/** Delay against what is varied, with the SLO's line and the knee. */
export function delayChart(run: Run): ChartPlan | undefined {
  const { variable, curves } = curvesOf(run);
  if (variable === undefined) return undefined;
  const several = curves.length > 1;
  // Of several curves the p99 alone: sixteen lines are not read.
  const percentiles = several ? (["p99"] as const) : PERCENTILES;
  const series = curves.flatMap((curve) =>
    percentiles.map((percentile) => ({
      type: "line" as const,
      name: several ? curve.name : percentile,
      symbolSize: 8,
      data: curve.steps.flatMap((step) => {
        const [value, ms] = [varied(step, variable), isMeasured(step) ? step.delayMs[percentile] : null];
        return typeof value !== "number" || ms === null
          ? []
          : [{ value: [value, ms], symbol: verdictOf(step).symbol }];
      }),
    })),
  );
  const points = series.flatMap(({ data }) => data.map(({ value }) => value as [number, number]));
  if (points.length === 0) return undefined;
  return {
    name: "delay",
    title: several ? `p99 delay against ${variable}` : `Delay against ${variable}`,
    caption: `Time from a message's intended time to the consumer's hands, ms. ${symbolLegend()}.`,
    option: {
      xAxis: axis(variableText(variable), scaleOf(points.map(([value]) => value))),
      yAxis: axis("delay, ms", scaleOf([...points.map(([, ms]) => ms), run.slo.p99Ms])),
      series: [...series, ...marks(run, variable)],
    },
  };
}

/** "Diamonds: not steady; triangles: …": what symbols say beyond the curve. */
function symbolLegend(): string {
  const texts = Object.values<VerdictDescriptor>(VERDICTS).flatMap(({ symbol, symbolText }) =>
    symbolText === undefined ? [] : [`${symbol}s: ${symbolText}`],
  );
  const legend = texts.join("; ");
  return `${legend.slice(0, 1).toUpperCase()}${legend.slice(1)}`;
}

/** The SLO as a line, the knee as a line with its interval as a band. */
function marks(run: Run, variable: string): object[] {
  const { knee, slo } = run;
  const label = { formatter: `SLO: p99 ${slo.p99Ms} ms`, position: "insideStartTop", color: BAD };
  const lines: object[] = [{ yAxis: slo.p99Ms, lineStyle: { color: BAD, type: "dashed" }, label }];
  if (knee?.variable === variable) {
    const kneeLabel = { formatter: `knee ${figure(knee.value)}`, color: GOOD };
    lines.push({ xAxis: knee.value, lineStyle: { color: GOOD }, label: kneeLabel });
  }
  const band =
    knee && knee.interval[1] !== null ? [[{ xAxis: knee.interval[0] }, { xAxis: knee.interval[1] }]] : [];
  return [
    {
      type: "line",
      data: [],
      silent: true,
      markLine: { symbol: "none", data: lines },
      markArea: { itemStyle: { color: GOOD, opacity: 0.15 }, data: band },
    },
  ];
}

/** Beyond 99.99 % single messages decide. */
const SPECTRUM = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];

/** Every percentile of every step, as HdrHistogram's own plots have it. */
export function spectrumChart(run: Run): ChartPlan | undefined {
  const { slo } = run;
  const measured = measuredSteps(run).filter(({ delayMs }) => delayMs.count > 0);
  if (measured.length === 0) return undefined;
  const series = measured.slice(-SERIES_MAX).map((step) => {
    const histogram = new DelayHistogram();
    histogram.addEncoded(step.histogram);
    // A percentile beyond all samples would be the maximum, over and over.
    const known = SPECTRUM.filter((percent) => step.delayMs.count * (1 - percent / 100) >= 1);
    return {
      type: "line" as const,
      name: `${step.step}: ${valuesText(step.values as StepValues)}`,
      showSymbol: false,
      // What is at or below zero, where clocks disagree, has no place on a logarithmic axis; the table has it.
      data: known.flatMap((percent) => {
        const ms = histogram.percentileMs(percent) as number;
        return ms > 0 ? [[1 / (1 - percent / 100), ms] as [number, number]] : [];
      }),
    };
  });
  const percents = new Map(
    SPECTRUM.map((percent) => [Math.round(Math.log10(1 / (1 - percent / 100)) * 100), percent]),
  );
  return {
    name: "spectrum",
    title: "Percentiles of the delay",
    caption: "How many messages were faster than a delay: the further right, the rarer. One line a step.",
    height: 460,
    option: {
      color: COLOURS,
      grid: { left: 70, right: 30, top: 90, bottom: 60 },
      legend: { top: 8, itemGap: 30 },
      xAxis: axis("percentile", "log", {
        axisLabel: {
          formatter: (value: number) => {
            const percent = percents.get(Math.round(Math.log10(value) * 100)) ?? 100 - 100 / value;
            return `${Number(percent.toFixed(4))} %`;
          },
        },
      }),
      yAxis: axis("delay, ms", "log"),
      series: [
        ...series,
        {
          type: "line" as const,
          data: [],
          silent: true,
          markLine: {
            symbol: "none",
            data: [
              {
                yAxis: slo.p99Ms,
                lineStyle: { color: BAD, type: "dashed" as const },
                label: { formatter: `SLO ${slo.p99Ms} ms`, position: "insideStartTop" as const, color: BAD },
              },
            ],
          },
        },
      ],
    },
  };
}
/** More lines than colours are not told apart. */
const SERIES_MAX = COLOURS.length;
