import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { measuredSteps, type Run } from "../../../contract/result.ts";
import { sampleRun, sampleStep } from "../../../test/support/sampleRun.ts";
import type { Chart } from "./chart.ts";
import { axis } from "./draw.ts";
import { drawChart, drawCharts } from "./list.ts";

describe("the report", () => {
  it("has the charts for which there is data", () => {
    const names = (run: Run) => drawCharts("report", [run]).map(({ name }) => name);
    assert.deepEqual(names(sampleRun()), ["latency", "delivered", "cpu", "spectrum", "timeline"]);
    const one = { ...sampleRun(), knee: null, steps: [{ ...sampleStep(1, 5, 2), values: {} }] };
    assert.deepEqual(names(one), ["cpu", "spectrum", "timeline"]);
    assert.deepEqual(names({ ...sampleRun(), knee: null, steps: [] }), []);
  });
});

describe("a chart", () => {
  /** The example of docs/extending.md. */
  const lostChart: Chart = {
    name: "lost",
    place: "report",
    title: "Messages lost",
    caption: "By step. Anything but zero misses the SLO.",
    draw: ([run]) => {
      const steps = measuredSteps(run);
      if (steps.length === 0) return undefined;
      return {
        xAxis: axis("step", "category", { data: steps.map(({ step }) => String(step)) }),
        yAxis: axis("messages"),
        series: [{ type: "bar", name: "lost", data: steps.map(({ lost }) => lost) }],
      };
    },
  };

  it("is drawn as it is declared, for a light and a dark page", () => {
    const drawn = drawChart(lostChart, [sampleRun()]);
    assert.deepEqual([drawn?.name, drawn?.title], ["lost", "Messages lost"]);
    for (const svg of [drawn?.light, drawn?.dark]) assert.match(svg ?? "", /^<svg.*>messages<.*<\/svg>$/s);
    assert.notEqual(drawn?.light, drawn?.dark);
  });

  it("is left out where runs have no data for it", () => {
    assert.equal(drawChart(lostChart, [{ ...sampleRun(), steps: [] }]), undefined);
  });
});
