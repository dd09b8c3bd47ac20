import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleStep } from "../test/support/sampleRun.ts";
import { curvesOf } from "./series.ts";

describe("the report", () => {
  it("has a curve for each combination of the other variables", () => {
    const steps = [1, 2, 3, 4].map((step) => ({
      ...sampleStep(step, step <= 2 ? step * 10 : (step - 2) * 10, 2),
      values: { producers: step <= 2 ? step * 10 : (step - 2) * 10, acks: step <= 2 ? 1 : "all" },
    }));
    const { variable, curves } = curvesOf({ steps, knee: null });
    assert.deepEqual(
      [variable, curves.map(({ name, steps: of }) => [name, of.length])],
      [
        "producers",
        [
          ["acks 1", 2],
          ["acks all", 2],
        ],
      ],
    );
  });
});
