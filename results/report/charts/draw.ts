// The style of all charts, for images and for the page: colours, themes, axes.
import type { EChartsOption } from "echarts";

/** Colours that colour-blind people can distinguish: M. Okabe and K. Ito, "Color Universal Design", 2008. */
export const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999"];
/** The colour of the SLO's limit. */
export const BAD = "#d55e00";
/** The colour of the knee and of measured times. */
export const GOOD = "#009e73";
/** The colour of the time in which a fault acted. */
export const FAULT = "#e69f00";
/** The colour of steps that are no evidence. */
export const NEUTRAL = "#999999";

/** Width and default height of an image, pixels. */
export const WIDTH = 960;
/** Default height of a chart, pixels. */
export const HEIGHT = 420;
/** A chart that is narrower than this, such as on a phone, has smaller margins. Pixels. */
const NARROW = 560;

const THEMES = {
  light: { text: "#24292f", line: "#d0d7de", background: "#ffffff" },
  dark: { text: "#e6edf3", line: "#3d444d", background: "#0d1117" },
};
/** A theme of charts: `light` or `dark`. */
export type Theme = keyof typeof THEMES;

/** A chart's option with the defaults of all charts. @param width pixels */
export function completeOption(option: EChartsOption, width = WIDTH): EChartsOption {
  const { grid, legend, ...rest } = option;
  const narrow = width < NARROW ? { left: 52, right: 14 } : {};
  return {
    animation: false,
    color: COLOURS,
    ...rest,
    grid: { left: 70, right: 30, top: 50, bottom: 60, ...(grid as object), ...narrow },
    legend: {
      top: 8,
      ...(width < NARROW ? { itemGap: 12, type: "scroll" } : { itemGap: 30 }),
      ...(legend as object),
    },
  };
}

/** The ECharts theme of a light or a dark page. */
export function themeOf(theme: Theme): object {
  const { text, line, background } = THEMES[theme];
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } },
    axisLabel: { color: text },
    nameTextStyle: { color: text },
    splitLine: { lineStyle: { color: line, opacity: 0.6 } },
    minorSplitLine: { show: false },
  };
  return {
    backgroundColor: background,
    textStyle: { color: text, fontFamily: "system-ui, 'DejaVu Sans', sans-serif" },
    legend: { textStyle: { color: text }, pageTextStyle: { color: text }, pageIconColor: text },
    tooltip: { backgroundColor: background, borderColor: line, textStyle: { color: text } },
    markArea: { label: { color: text, textBorderWidth: 0 } },
    markLine: { label: { textBorderWidth: 0 } },
    valueAxis: axis,
    logAxis: axis,
    categoryAxis: axis,
    timeAxis: axis,
  };
}

/** An axis with its name in the middle. */
export function axis(
  name: string,
  type: "value" | "log" | "category" | "time" = "value",
  more: object = {},
): object {
  return { name, type, nameLocation: "middle", nameGap: 38, ...more };
}

/** The axis type for these values: logarithmic if they are positive and the largest is more than 12 times the smallest. */
export function scaleOf(values: readonly number[]): "value" | "log" {
  const positive = values.filter((value) => value > 0);
  return positive.length === values.length && Math.max(...positive) > 12 * Math.min(...positive)
    ? "log"
    : "value";
}
