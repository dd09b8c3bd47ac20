import type { EChartsOption } from "echarts";
import { isMeasured, type Run, type Step } from "../../../contract/result.ts";
import { formatNumber, variableText } from "../../../contract/text.ts";
import { VERDICTS, type VerdictDescriptor, verdictOf } from "../../../contract/verdicts.ts";
import { curvesOf, varied } from "../../series.ts";
import { capitalize } from "../../text.ts";
import type { Chart } from "./chart.ts";
import { axis, COLOURS, GOOD, scaleOf } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";
import { type TrialPoint, trialSeries } from "./trials.ts";
import { valueAxis } from "./valueAxis.ts";

const PERCENTILES = ["p50", "p90", "p99", "p99.9"] as const;
const DASHES = { p50: "solid", p90: "dotted", p99: "solid", "p99.9": "dashed" } as const;
/** How far the chart of the knee reaches beyond its interval: a factor. */
const KNEE_MARGIN = 1.25;
/** Where the steps near the knee take less than this share of the axis, they get a chart of their own. */
const SQUEEZED = 0.5;
/** Fewer steps are not worth a chart. */
const LEAST_STEPS = 3;

const HOW_TO_READ = `Each point is a step; the line runs through the medians of the steps of a value, the band from the smallest to the largest p99. Dashed line: the SLO. Green: the interval of the knee. ${symbolLegend()}.`;

/** Latency by the varied option, with the SLO and the knee. */
export const latencyChart: Chart = {
  name: "latency",
  place: "report",
  title: ([run]) => {
    const { variable, curves } = curvesOf(run);
    return curves.length > 1 ? `p99 latency by ${variable}` : `Latency by ${variable}`;
  },
  caption: `From the time at which a message was due until the consumer received it. ${HOW_TO_READ}`,
  draw: ([run], width) => drawSteps(run, run.steps, width),
};

/** The same around the knee, if the other steps leave it little room. */
export const kneeChart: Chart = {
  name: "knee",
  place: "report",
  title: "Latency near the knee",
  isOptional: true,
  caption: ([run]) =>
    `The chart above, from ${rangeText(run)}: the steps near the knee, where the search looked closest.`,
  draw: ([run], width) => {
    const range = kneeRange(run);
    if (!range) return undefined;
    const inRange = run.steps.filter((step) => isWithin(step, run.knee?.variable ?? "", range));
    if (inRange.length < LEAST_STEPS || shareOfAxis(run, range) > SQUEEZED) return undefined;
    return drawSteps(run, inRange, width);
  },
};

/** The interval of the knee with a margin; undefined: there is no knee, or nothing missed the SLO. */
function kneeRange({ knee }: Pick<Run, "knee">): [number, number] | undefined {
  const [low, high] = knee?.interval ?? [null, null];
  if (low === null || high === null) return undefined;
  return [low / KNEE_MARGIN, high * KNEE_MARGIN];
}

/** The share of the axis of all steps that a range takes, on a logarithmic scale. */
function shareOfAxis({ steps, knee }: Run, [low, high]: [number, number]): number {
  const values = steps.map((step) => Number(varied(step, knee?.variable ?? ""))).filter((value) => value > 0);
  return Math.log(high / low) / Math.log(Math.max(...values) / Math.min(...values));
}

function rangeText(run: Run): string {
  const [low, high] = kneeRange(run) ?? [null, null];
  return `${formatNumber(low)} to ${formatNumber(high)} ${run.knee?.variable}`;
}

function isWithin(step: Step, variable: string, [low, high]: [number, number]): boolean {
  const value = varied(step, variable);
  return typeof value === "number" && value >= low && value <= high;
}

function drawSteps(run: Run, steps: readonly Step[], width?: number): EChartsOption | undefined {
  const { variable, curves } = curvesOf({ ...run, steps: [...steps] });
  if (variable === undefined) return undefined;
  const several = curves.length > 1;
  // With several curves only the p99: sixteen lines are unreadable.
  const percentiles = several ? (["p99"] as const) : PERCENTILES;
  const lines = curves.flatMap((curve) =>
    percentiles.map((percentile) => ({
      name: several ? curve.name : percentile,
      dash: several ? ("solid" as const) : DASHES[percentile],
      band: percentile === "p99",
      points: pointsOf(curve.steps, variable, percentile),
    })),
  );
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return undefined;
  const knee = run.knee?.variable === variable ? [run.knee.value] : [];
  return {
    grid: { top: 64 },
    xAxis: valueAxis(
      variableText(variable),
      points.map(({ x }) => x),
      knee,
      width,
    ),
    yAxis: axis("latency, ms", scaleOf([...points.map(({ y }) => y), run.slo.p99Ms])),
    series: [
      ...lines.flatMap((line, index) =>
        trialSeries(line.points, { ...line, colour: COLOURS[index % COLOURS.length] as string }),
      ),
      sloAndKnee(run, variable),
    ],
  };
}

function pointsOf(
  steps: readonly Step[],
  variable: string,
  percentile: (typeof PERCENTILES)[number],
): TrialPoint[] {
  return steps.flatMap((step) => {
    const [x, y] = [varied(step, variable), isMeasured(step) ? step.latencyMs[percentile] : null];
    if (typeof x !== "number" || y === null) return [];
    const { symbol, evidence } = verdictOf(step);
    return [{ x, y, symbol, isNoEvidence: evidence === "generator" || evidence === "unclear" }];
  });
}

/** "Diamonds: not steady; triangles: …": the meaning of the points' shapes. */
function symbolLegend(): string {
  const texts = Object.values<VerdictDescriptor>(VERDICTS).flatMap(({ symbol, symbolText }) =>
    symbolText === undefined ? [] : [`${symbol}s: ${symbolText}`],
  );
  return capitalize(texts.join("; "));
}

/** The SLO and the knee as lines, the knee's interval as a band. */
function sloAndKnee({ knee, slo, otherKnees = [] }: Run, variable: string): object {
  const limits = [slo, ...otherKnees.map((other) => other.slo)];
  const lines = limits.map(({ p99Ms }) => sloLine(p99Ms, `SLO: p99 ${p99Ms} ms`));
  if (knee?.variable === variable) {
    const label = { formatter: `knee ${formatNumber(knee.value)}`, color: GOOD };
    lines.push({ xAxis: knee.value, lineStyle: { color: GOOD }, label });
  }
  const hasBand = knee?.variable === variable && knee.interval[1] !== null;
  const band = hasBand ? [[{ xAxis: knee.interval[0] }, { xAxis: knee.interval[1] }]] : [];
  return marks(lines, { itemStyle: { color: GOOD, opacity: 0.15 }, data: band });
}
