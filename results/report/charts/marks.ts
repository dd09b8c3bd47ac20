import { BAD } from "./draw.ts";

/** The latency of the SLO as a dashed horizontal line, without a label if `text` is empty. */
export function sloLine(ms: number, text = ""): object {
  const label = { show: text !== "", formatter: text, position: "insideStartTop", color: BAD };
  return { yAxis: ms, lineStyle: { color: BAD, type: "dashed" }, label };
}

/** A series without data that only has lines and areas. */
export function marks(lines: readonly object[], area: object = {}): object {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: { symbol: "none", data: lines },
    markArea: { data: [], ...area },
  };
}
