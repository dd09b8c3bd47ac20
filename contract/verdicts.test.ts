import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meetsSlo, STEP_VERDICTS, type StepVerdict, VERDICTS, worstVerdict } from "./verdicts.ts";

describe("the verdicts", () => {
  it("are ranked: a run has the verdict of its worst step, and is ok without a step", () => {
    const ranked: StepVerdict[] = [
      "ok",
      "not-decidable",
      "slo-missed",
      "not-steady",
      "not-drained",
      "generator-bound",
      "failed",
    ];
    assert.deepEqual(
      STEP_VERDICTS.filter((verdict) => ranked.includes(verdict)),
      ranked,
    );
    assert.deepEqual([STEP_VERDICTS[0], STEP_VERDICTS.at(-1)], ["ok", "failed"]);
    assert.equal(worstVerdict(["ok", "not-steady", "slo-missed"]), "not-steady");
    assert.equal(worstVerdict(["failed", "generator-bound"]), "failed");
    assert.equal(worstVerdict([]), "ok");
  });

  it("meet the SLO only if they are evidence that it was met, and are about the broker", () => {
    for (const verdict of STEP_VERDICTS) {
      const { evidence, aboutBroker } = VERDICTS[verdict];
      assert.equal(meetsSlo({ verdict }), evidence === "met");
      assert.ok(!meetsSlo({ verdict }) || aboutBroker);
    }
    assert.equal(meetsSlo({ verdict: "interrupted" }), false);
  });
});
