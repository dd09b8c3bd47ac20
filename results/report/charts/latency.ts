import { isMeasured, type Run } from "../../../contract/result.ts";
import { formatNumber, variableText } from "../../../contract/text.ts";
import { VERDICTS, type VerdictDescriptor, verdictOf } from "../../../contract/verdicts.ts";
import { curvesOf, varied } from "../../series.ts";
import { capital } from "../../text.ts";
import type { Chart } from "./chart.ts";
import { axis, GOOD, scaleOf } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";

const PERCENTILES = ["p50", "p90", "p99", "p99.9"] as const;

/** Latency against what is varied, with the SLO's line and the knee. */
export const latencyChart: Chart = {
  name: "latency",
  place: "report",
  title: ([run]) => {
    const { variable, curves } = curvesOf(run);
    return curves.length > 1 ? `p99 latency against ${variable}` : `Latency against ${variable}`;
  },
  caption: `Time from a message's intended time to the consumer's hands, ms. ${symbolLegend()}.`,
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

/** "Diamonds: not steady; triangles: …": the shapes of points that do not tell the broker's latency. */
function symbolLegend(): string {
  const texts = Object.values<VerdictDescriptor>(VERDICTS).flatMap(({ symbol, symbolText }) =>
    symbolText === undefined ? [] : [`${symbol}s: ${symbolText}`],
  );
  return capital(texts.join("; "));
}

function seriesOf(run: Run, variable: string) {
  const { curves } = curvesOf(run);
  const several = curves.length > 1;
  // Of several curves the p99 alone: nobody can read sixteen lines.
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

/** The knee is a line, its interval a band. */
function sloAndKnee({ knee, slo }: Run, variable: string): object {
  const lines = [sloLine(slo.p99Ms, `SLO: p99 ${slo.p99Ms} ms`)];
  if (knee?.variable === variable) {
    const label = { formatter: `knee ${formatNumber(knee.value)}`, color: GOOD };
    lines.push({ xAxis: knee.value, lineStyle: { color: GOOD }, label });
  }
  const hasBand = knee && knee.interval[1] !== null;
  const band = hasBand ? [[{ xAxis: knee.interval[0] }, { xAxis: knee.interval[1] }]] : [];
  return marks(lines, { itemStyle: { color: GOOD, opacity: 0.15 }, data: band });
}
