import { LatencyHistogram } from "../../../contract/histogram.ts";
import { type MeasuredStep, measuredSteps } from "../../../contract/result.ts";
import { stepName } from "../../steps.ts";
import type { Chart } from "./chart.ts";
import { axis, COLOURS } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

/** Beyond 99.999 % single messages decide. */
const PERCENTS = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];
/** Readers cannot tell more lines apart than there are colours. */
const SERIES_MAX = COLOURS.length;

/** Every percentile of every step, as HdrHistogram's own plots show them. */
export const spectrumChart: Chart = {
  name: "spectrum",
  place: "report",
  title: "Percentiles of the latency",
  caption: "How many messages were faster than a latency: the further right, the rarer. One line a step.",
  height: 460,
  draw: ([run]) => {
    const { slo } = run;
    const measured = measuredSteps(run).filter(({ latencyMs }) => latencyMs.count > 0);
    if (measured.length === 0) return undefined;
    return {
      color: COLOURS,
      grid: { left: 70, right: 30, top: 90, bottom: 60 },
      legend: { top: 8, itemGap: 30 },
      xAxis: axis("percentile", "log", { axisLabel: { formatter: percentLabel } }),
      yAxis: axis("latency, ms", "log"),
      series: [
        ...measured.slice(-SERIES_MAX).map(seriesOf),
        marks([sloLine(slo.p99Ms, `SLO ${slo.p99Ms} ms`)]),
      ],
    };
  },
};

/** The horizontal position of a percentile: 99 % is at 100, 99.9 % at 1000. */
const position = (percent: number) => 1 / (1 - percent / 100);

function seriesOf(step: MeasuredStep) {
  const histogram = new LatencyHistogram();
  histogram.addEncoded(step.histogram);
  // A percentile beyond all samples would only repeat the maximum.
  const known = PERCENTS.filter((percent) => step.latencyMs.count * (1 - percent / 100) >= 1);
  return {
    type: "line" as const,
    name: stepName(step),
    showSymbol: false,
    // Where clocks disagree latencies can be zero or below, which a logarithmic axis cannot show; the table has them.
    data: known.flatMap((percent) => {
      const ms = histogram.percentileMs(percent) as number;
      return ms > 0 ? [[position(percent), ms] as [number, number]] : [];
    }),
  };
}

const hundredths = (value: number) => Math.round(Math.log10(value) * 100);
const PERCENT_AT = new Map(PERCENTS.map((percent) => [hundredths(position(percent)), percent]));

function percentLabel(value: number): string {
  const percent = PERCENT_AT.get(hundredths(value)) ?? 100 - 100 / value;
  return `${Number(percent.toFixed(4))} %`;
}
