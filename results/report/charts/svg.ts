// Draws charts as SVG with ECharts, without a browser.
import * as echarts from "echarts";
import { completeOption, HEIGHT, type Theme, themeOf, WIDTH } from "./draw.ts";

/** Draws an ECharts option as SVG text. The option overrides the defaults. @param height pixels */
export function svgOf(option: echarts.EChartsOption, theme: Theme = "light", height = HEIGHT): string {
  const chart = echarts.init(null, themeOf(theme), { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption(completeOption(option));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
