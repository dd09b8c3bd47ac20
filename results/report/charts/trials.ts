// What charts draw of several trials of one value: each trial as a point, a line through their medians, and a band.
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from "echarts";
import { median } from "simple-statistics";

/** One trial: its value of the varied setting, and what was measured. */
export interface TrialPoint {
  x: number;
  y: number;
  /** The shape of its point. @default "circle" */
  symbol?: string;
  /** Whether the line and the band leave it out. */
  isNoEvidence?: boolean;
}

/** How the trials of one curve are drawn. */
export interface TrialStyle {
  name: string;
  colour: string;
  /** @default "solid" */
  dash?: "solid" | "dashed" | "dotted";
  /** Whether to draw the band from the smallest to the largest trial of each value. */
  band?: boolean;
}

/** The trials as points, a line through the medians of each value, and a band if some value has several trials. */
export function trialSeries(
  points: readonly TrialPoint[],
  { name, colour, dash = "solid", band = false }: TrialStyle,
): (LineSeriesOption | ScatterSeriesOption | CustomSeriesOption)[] {
  const byValue = new Map<number, number[]>();
  const evidence = points.some(({ isNoEvidence }) => !isNoEvidence)
    ? points.filter(({ isNoEvidence }) => !isNoEvidence)
    : points;
  for (const { x, y } of evidence) byValue.set(x, [...(byValue.get(x) ?? []), y]);
  const values = [...byValue].sort(([a], [b]) => a - b);
  const hasTrials = values.some(([, ys]) => ys.length > 1);
  const limits = values.map(([x, ys]): Limits => [x, Math.min(...ys), Math.max(...ys)]);
  return [
    ...(band && hasTrials ? [bandSeries(limits, colour)] : []),
    {
      type: "line",
      name,
      showSymbol: false,
      color: colour,
      lineStyle: { type: dash, width: 2 },
      data: values.map(([x, ys]) => [x, median(ys)]),
    },
    {
      type: "scatter",
      name,
      color: colour,
      symbolSize: 8,
      data: points.map(({ x, y, symbol = "circle" }) => ({ value: [x, y], symbol })),
    },
  ];
}

/** A horizontal position with the lower and upper end of a band there. */
export type Limits = [x: number, low: number, high: number];

/** A filled band between two lines. It is drawn as one shape, because stacked areas are wrong on a logarithmic axis. */
export function bandSeries(limits: readonly Limits[], colour: string, opacity = 0.15): CustomSeriesOption {
  return {
    type: "custom",
    silent: true,
    color: colour,
    // One shape for all of the data: the first item draws it.
    renderItem: (params, api) => {
      if (params.dataIndex !== 0) return undefined;
      const upper = limits.map(([x, , high]) => api.coord([x, high]));
      const lower = limits.toReversed().map(([x, low]) => api.coord([x, low]));
      return {
        type: "polygon",
        shape: { points: [...upper, ...lower] },
        style: { fill: colour, opacity },
      };
    },
    clip: true,
    encode: { x: 0, y: [1, 2] },
    data: limits.map((each) => [...each]),
  };
}
