// Draws charts as SVG with ECharts, without a browser. No other file uses the chart library.
import * as echarts from "echarts";

const WIDTH = 960;
const HEIGHT = 420;

/** Colours that colour-blind people can distinguish: M. Okabe and K. Ito, "Color Universal Design", 2008. */
export const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999"];
/** The colour of the SLO's limit. */
export const BAD = "#d55e00";
/** The colour of the knee and of measured times. */
export const GOOD = "#009e73";

const THEMES = {
  light: { text: "#24292f", line: "#d0d7de", background: "#ffffff" },
  dark: { text: "#e6edf3", line: "#3d444d", background: "#0d1117" },
};
type Theme = keyof typeof THEMES;

/** Draws an ECharts option as SVG text. The option overrides the defaults. @param height pixels */
export function draw(option: echarts.EChartsOption, theme: Theme, height = HEIGHT): string {
  const chart = echarts.init(null, themeOf(theme), { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    color: COLOURS,
    grid: { left: 70, right: 30, top: 50, bottom: 60 },
    legend: { top: 8, itemGap: 30 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function themeOf(theme: Theme): object {
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
    legend: { textStyle: { color: text } },
    markArea: { label: { color: text, textBorderWidth: 0 } },
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
