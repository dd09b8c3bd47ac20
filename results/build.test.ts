import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RunEvent, runSchema } from "../contract/result.ts";
import { measured } from "../test/support/measured.ts";
import { sampleEvents, sampleStep } from "../test/support/sampleRun.ts";
import { buildResults } from "./build.ts";

describe("the events of a run", () => {
  it("make its results, which follow their schema", () => {
    const run = buildResults(sampleEvents());
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))), JSON.parse(JSON.stringify(run)));
    assert.deepEqual([run.steps.length, run.knee?.value, run.verdict, run.warnings], [6, 500, "ok", []]);
  });

  it("of a run that was cut off make what was done, and say so", () => {
    const run = buildResults(sampleEvents().slice(0, -3));
    assert.deepEqual([run.verdict, run.endedAt, run.knee, run.steps.length], ["interrupted", null, null, 5]);
    assert.match(run.warnings.join(), /it was cut off/);
  });

  it("of a run that went on make one run: of a step that was done again the later one counts", () => {
    const [begin, ...rest] = sampleEvents();
    const again = { ...(begin as RunEvent & { event: "run" }), resumed: true };
    const step = { ...sampleStep(2, 50, 3), delivered: 7 };
    const run = buildResults([
      begin as RunEvent,
      ...rest,
      again,
      { event: "step", at: again.at, result: step },
    ]);
    assert.deepEqual(
      [run.steps.length, measured(run.steps[1]).delivered, run.verdict],
      [6, 7, "interrupted"],
    );
  });
});
