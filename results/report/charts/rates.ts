import type { Chart } from "./chart.ts";
import { axis, COLOURS, WIDTH } from "./draw.ts";
import { marks } from "./marks.ts";
import { faultAreas, measuredAreas, timeAxis, timedRun, timeLine } from "./timeAxis.ts";

/** Offered and received messages of each second of the run, and those under way. */
export const ratesChart: Chart = {
  name: "rates",
  place: "report",
  title: "Offered and received over time",
  caption:
    "Messages per second that the schedule asked for (dashed), that consumers received in all groups (solid), and that were sent and not yet received (dotted). Received below offered: the backlog grows.",
  zoom: true,
  draw: ([run], width = WIDTH) => {
    const timed = timedRun(run);
    if (!timed) return undefined;
    return {
      xAxis: timeAxis(timed),
      yAxis: axis("messages per second", "value", { nameGap: 55 }),
      series: [
        timeLine("received", timed, ({ delivered }) => delivered, { color: COLOURS[0] }),
        timeLine("offered", timed, ({ offered }) => offered, {
          color: COLOURS[1],
          lineStyle: { type: "dashed" },
        }),
        timeLine("not yet received", timed, ({ backlog }) => backlog, {
          color: COLOURS[3],
          lineStyle: { type: "dotted", width: 1 },
        }),
        marks([], { data: [...measuredAreas(timed, width), ...faultAreas(timed, width)] }),
      ],
    };
  },
};
