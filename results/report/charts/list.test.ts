import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { measuredSteps, type Run } from "../../../contract/result.ts";
import { sampleRun, sampleStep } from "../../../test/support/sampleRun.ts";
import { chartImage } from "../images.ts";
import type { Chart } from "./chart.ts";
import { axis } from "./draw.ts";
import { chartsOf } from "./list.ts";

describe("the report", () => {
  it("has the charts for which there is data", () => {
    const names = (run: Run) => chartsOf("report", [run]).map(({ name }) => name);
    assert.deepEqual(names(sampleRun()), ["latency", "delivered", "timeline", "rates", "cpu", "spectrum"]);
    const one = { ...sampleRun(), knee: null, steps: [{ ...sampleStep(1, 5, 2), values: {} }] };
    assert.deepEqual(names(one), ["timeline", "rates", "cpu", "spectrum"]);
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

  it("is drawn as it is declared", () => {
    const drawn = chartImage(lostChart, [sampleRun()]);
    assert.deepEqual([drawn?.name, drawn?.title], ["lost", "Messages lost"]);
    assert.match(drawn?.svg ?? "", /^<svg.*>messages<.*<\/svg>$/s);
  });

  it("is left out where runs have no data for it", () => {
    assert.equal(chartImage(lostChart, [{ ...sampleRun(), steps: [] }]), undefined);
  });
});
