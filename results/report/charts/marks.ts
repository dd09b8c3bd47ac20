import { BAD } from "./draw.ts";

/** The SLO's latency as a dashed horizontal line; without a text: no label. */
export function sloLine(ms: number, text = ""): object {
  const label = { show: text !== "", formatter: text, position: "insideStartTop", color: BAD };
  return { yAxis: ms, lineStyle: { color: BAD, type: "dashed" }, label };
}

/** A series without data, which only carries lines and areas. */
export function marks(lines: readonly object[], area: object = {}): object {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: { symbol: "none", data: lines },
    markArea: { data: [], ...area },
  };
}
