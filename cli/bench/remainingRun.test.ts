import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Scale } from "../../contract/scale.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { RemainingRun } from "./remainingRun.ts";

const SCALE: Scale = { factor: 0.01, setting: "auto", carriedPerSec: 100, missedPerSec: null };
const planned = (scale: "auto" | "none" | number) => ({
  scenario: "single-broker",
  nodes: 0,
  workload: workloadSchema.parse({}),
  benchmark: benchmarkSchema.parse({ scale, sweep: { producers: [100, 101, 102, 1_000] } }),
});

describe("the rest of a run whose loads are scaled", () => {
  it("is that of the loads as written until it is known how they are scaled, then that of the scaled loads", () => {
    const run = new RemainingRun(planned("auto"), []);
    const before = run.longestStepSec();
    assert.deepEqual(run.stepsLeft(), { least: 4, most: 4 });
    assert.equal(run.scale(SCALE), true);
    assert.deepEqual(run.stepsLeft(), { least: 2, most: 2 });
    assert.equal(run.longestStepSec(), before + 37 - 10, "3 producers are measured for 37 s");
    assert.equal(
      run.scale({ ...SCALE, factor: 0.5 }),
      false,
      "events that come again after a lost connection",
    );
    assert.deepEqual(run.stepsLeft(), { least: 2, most: 2 });
  });

  it("is known from the start if the scenario or the session before has the factor", () => {
    assert.deepEqual(new RemainingRun(planned(0.01), []).stepsLeft(), { least: 2, most: 2 });
    const resumed = new RemainingRun({ ...planned("auto"), scale: SCALE }, []);
    assert.deepEqual(resumed.stepsLeft(), { least: 2, most: 2 });
    const none = new RemainingRun({ ...planned("none"), scale: SCALE }, []);
    assert.deepEqual(none.stepsLeft(), { least: 4, most: 4 });
  });
});
