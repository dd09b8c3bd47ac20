import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleRun } from "../test/support/sampleRun.ts";
import { summaryOf } from "./summary.ts";

describe("the table", () => {
  it("is summarized for the outputs of the stack", () => {
    const { steps, run, verdict } = summaryOf(sampleRun(), "results/x");
    assert.deepEqual([steps.length, steps[1]?.offeredPerSec, run, verdict], [6, 500, sampleRun().run, "ok"]);
  });
});
