import { isMeasured, type Run } from "../../../contract/result.ts";
import { formatNumber, variableText } from "../../../contract/text.ts";
import { VERDICTS, type VerdictDescriptor, verdictOf } from "../../../contract/verdicts.ts";
import { curvesOf, varied } from "../../series.ts";
import { capitalize } from "../../text.ts";
import type { Chart } from "./chart.ts";
import { axis, GOOD, scaleOf } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

const PERCENTILES = ["p50", "p90", "p99", "p99.9"] as const;

/** Latency by the varied option, with the SLO and the knee. */
export const latencyChart: Chart = {
  name: "latency",
  place: "report",
  title: ([run]) => {
    const { variable, curves } = curvesOf(run);
    return curves.length > 1 ? `p99 latency by ${variable}` : `Latency by ${variable}`;
  },
  caption: `From the time at which a message was due until the consumer received it. Dashed line: the SLO. Green band: the interval of the knee. ${symbolLegend()}.`,
  draw: ([run]) => {
    const { variable } = curvesOf(run);
    if (variable === undefined) return undefined;
    const series = seriesOf(run, variable);
    const points = series.flatMap(({ data }) => data.map(({ value }) => value));
    if (points.length === 0) return undefined;
    return {
      xAxis: axis(variableText(variable), scaleOf(points.map(([value]) => value))),
      yAxis: axis("latency, ms", scaleOf([...points.map(([, ms]) => ms), run.slo.p99Ms])),
      series: [...series, sloAndKnee(run, variable)],
    };
  },
};

/** "Diamonds: not steady; triangles: …": the meaning of the points' shapes. */
function symbolLegend(): string {
  const texts = Object.values<VerdictDescriptor>(VERDICTS).flatMap(({ symbol, symbolText }) =>
    symbolText === undefined ? [] : [`${symbol}s: ${symbolText}`],
  );
  return capitalize(texts.join("; "));
}

function seriesOf(run: Run, variable: string) {
  const { curves } = curvesOf(run);
  const several = curves.length > 1;
  // With several curves only the p99: sixteen lines are unreadable.
  const percentiles = several ? (["p99"] as const) : PERCENTILES;
  return curves.flatMap((curve) =>
    percentiles.map((percentile) => ({
      type: "line" as const,
      name: several ? curve.name : percentile,
      symbolSize: 8,
      data: curve.steps.flatMap((step) => {
        const [value, ms] = [varied(step, variable), isMeasured(step) ? step.latencyMs[percentile] : null];
        if (typeof value !== "number" || ms === null) return [];
        return [{ value: [value, ms] as [number, number], symbol: verdictOf(step).symbol }];
      }),
    })),
  );
}

/** The SLO and the knee as lines, the knee's interval as a band. */
function sloAndKnee({ knee, slo }: Run, variable: string): object {
  const lines = [sloLine(slo.p99Ms, `SLO: p99 ${slo.p99Ms} ms`)];
  if (knee?.variable === variable) {
    const label = { formatter: `knee ${formatNumber(knee.value)}`, color: GOOD };
    lines.push({ xAxis: knee.value, lineStyle: { color: GOOD }, label });
  }
  const hasBand = knee?.variable === variable && knee.interval[1] !== null;
  const band = hasBand ? [[{ xAxis: knee.interval[0] }, { xAxis: knee.interval[1] }]] : [];
  return marks(lines, { itemStyle: { color: GOOD, opacity: 0.15 }, data: band });
}
