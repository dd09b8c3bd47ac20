import { LatencyHistogram } from "../../../contract/histogram.ts";
import { type MeasuredStep, measuredSteps } from "../../../contract/result.ts";
import { stepName } from "../../steps.ts";
import type { Chart } from "./chart.ts";
import { axis, COLOURS } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

/** Beyond 99.999 %, a percentile depends on single messages. */
const PERCENTS = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];
/** Largest number of lines: one for each colour. */
const SERIES_MAX = COLOURS.length;

/** The percentiles of the last steps, plotted as HdrHistogram does. */
export const spectrumChart: Chart = {
  name: "spectrum",
  place: "report",
  title: "Latency percentiles",
  caption:
    "The share of messages (horizontal axis) that was at least as fast as a latency (vertical axis). The rightmost part shows the rarest, slowest messages. Each line is a step.",
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
  // A percentile beyond the number of samples would repeat the maximum.
  const shown = PERCENTS.filter((percent) => step.latencyMs.count * (1 - percent / 100) >= 1);
  return {
    type: "line" as const,
    name: stepName(step),
    showSymbol: false,
    // With differing clocks, latencies can be zero or negative. A logarithmic axis cannot show them; the table has them.
    data: shown.flatMap((percent) => {
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
