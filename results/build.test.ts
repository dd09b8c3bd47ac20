import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RunEvent, runSchema } from "../contract/result.ts";
import { measured } from "../test/support/measured.ts";
import { sampleEvents, sampleStep } from "../test/support/sampleRun.ts";
import { buildResults } from "./build.ts";

describe("the events of a run", () => {
  it("give its results, which match the schema", () => {
    const run = buildResults(sampleEvents());
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))), JSON.parse(JSON.stringify(run)));
    assert.deepEqual([run.steps.length, run.knee?.value, run.verdict, run.warnings], [6, 500, "ok", []]);
  });

  it("give partial results with a warning for a run that was cut off", () => {
    const run = buildResults(sampleEvents().slice(0, -3));
    assert.deepEqual([run.verdict, run.endedAt, run.knee, run.steps.length], ["interrupted", null, null, 5]);
    assert.match(run.warnings.join(), /the run was cut off/);
  });

  it("give one run for a resumed run, with the last result of a repeated step", () => {
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
