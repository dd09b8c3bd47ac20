import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Run } from "../../../contract/result.ts";
import { sampleRun, sampleStep } from "../../../test/support/sampleRun.ts";
import { drawCharts } from "./list.ts";

describe("the report", () => {
  it("has the charts that there are figures for", () => {
    const names = (run: Run) => drawCharts("report", [run]).map(({ name }) => name);
    assert.deepEqual(names(sampleRun()), ["delay", "delivered", "cpu", "spectrum", "timeline"]);
    const one = { ...sampleRun(), knee: null, steps: [{ ...sampleStep(1, 5, 2), values: {} }] };
    assert.deepEqual(names(one), ["cpu", "spectrum", "timeline"]);
    assert.deepEqual(names({ ...sampleRun(), knee: null, steps: [] }), []);
  });
});
