import type { EChartsOption } from "echarts";
import { formatNumber } from "../../../contract/text.ts";
import { completeOption } from "../../report/charts/draw.ts";
import type { ReadyChart } from "../../report/charts/list.ts";

/** Space for the slider that selects a part of the time, pixels. */
const SLIDER = 34;

/** A chart's option with what only a page has: tooltips, and a slider below charts over time. @param width pixels */
export function pageOption({ option, zoom }: ReadyChart, width: number): EChartsOption {
  const complete = completeOption(option(width), width);
  const series = [complete.series ?? []].flat();
  const isPoints = series.some(({ type }) => type === "scatter");
  const { bottom } = complete.grid as { bottom: number };
  const slider = { type: "slider", height: 18, bottom: 6, showDetail: false, brushSelect: false } as const;
  return {
    ...complete,
    tooltip: {
      trigger: isPoints ? "item" : "axis",
      confine: true,
      valueFormatter: (value) =>
        Array.isArray(value) ? value.map((each) => formatNumber(Number(each))).join(": ") : numberText(value),
    },
    ...(zoom ? { grid: { ...complete.grid, bottom: bottom + SLIDER }, dataZoom: [slider] } : {}),
  };
}

function numberText(value: unknown): string {
  return typeof value === "number" ? formatNumber(value) : "-";
}
