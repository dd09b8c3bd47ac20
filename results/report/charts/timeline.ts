import type { Chart, ShownRun } from "./chart.ts";
import { axis, BAD, COLOURS, WIDTH } from "./draw.ts";
import { marks, sloLine } from "./marks.ts";
import { faultAreas, hasFaultBands, measuredAreas, timeAxis, timedRun, timeLine } from "./timeAxis.ts";

/** The latency of each second of the run; measured times are highlighted. */
export const timelineChart: Chart = {
  name: "timeline",
  place: "report",
  title: "Latency over time",
  caption: ([run]) =>
    `p50, p99 and maximum of each second${spanText(run)}. Green: the measured time of each step, with its value. Grey: the preheat. Dashed line: the SLO. Vertical lines: warnings.${faultText(run)}`,
  zoom: true,
  draw: ([run], width = WIDTH) => {
    const timed = timedRun(run);
    if (!timed) return undefined;
    return {
      xAxis: timeAxis(timed),
      yAxis: axis("latency, ms", "log"),
      series: [
        timeLine("p50", timed, ({ latencyMs }) => positive(latencyMs.p50), { color: COLOURS[0] }),
        timeLine("p99", timed, ({ latencyMs }) => positive(latencyMs.p99), { color: COLOURS[2] }),
        timeLine("max", timed, ({ latencyMs }) => positive(latencyMs.max), {
          color: COLOURS[3],
          lineStyle: { width: 1, type: "dotted" },
        }),
        marks([sloLine(run.slo.p99Ms), ...warningLines(run, timed.start)], {
          data: [...measuredAreas(timed, width), ...faultAreas(timed, width)],
        }),
      ],
    };
  },
};

/** ", thinned: …" if points stand for several seconds. */
function spanText(run: ShownRun): string {
  const span = timedRun(run)?.span ?? 1;
  return span === 1 ? "" : `, or of up to ${span} seconds: the mean p50, the largest p99 and maximum`;
}

/** " Orange: faults, …" if there were any. */
function faultText(run: ShownRun): string {
  const timed = timedRun(run);
  return timed && hasFaultBands(timed)
    ? " Orange: faults, each with its kind or its number in the step."
    : "";
}

function warningLines({ notes = [] }: ShownRun, start: number): object[] {
  return notes
    .map(({ at }) => Date.parse(at) / 1_000 - start)
    .filter((second) => second >= 0)
    .map((second) => ({ xAxis: second, lineStyle: { color: BAD, type: "dotted" }, label: { show: false } }));
}

/** A logarithmic axis cannot show zero or less; warnings report latencies below zero. */
function positive(ms: number | null): number | null {
  return ms === null || ms <= 0 ? null : ms;
}
