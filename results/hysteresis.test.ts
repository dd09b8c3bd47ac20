import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Run, Step } from "../contract/result.ts";
import type { StepVerdict } from "../contract/verdicts.ts";
import { sampleRun, sampleStep } from "../test/support/sampleRun.ts";
import { hysteresisOf, hysteresisSentence } from "./hysteresis.ts";
import { reportPage } from "./report/html.ts";
import { runTable } from "./report/table.ts";

/** A sweep of these loads with these verdicts. */
function sweepOf(...steps: [producers: number, verdict: StepVerdict][]): Run {
  return {
    ...sampleRun(),
    knee: null,
    steps: steps.map(([producers, verdict], index): Step => {
      const step = sampleStep(index + 1, producers, 2);
      return verdict === "failed"
        ? { ...failedOf(step), verdict }
        : { ...step, verdict: verdict as typeof step.verdict };
    }),
  };
}

function failedOf({ step, phase, values, startedAt, ...rest }: ReturnType<typeof sampleStep>) {
  const { producers, consumers, groups, brokers, acks, client, messageBytes, ratePerProducer } = rest;
  const load = { producers, consumers, groups, brokers, acks, client, messageBytes, ratePerProducer };
  return { state: "failed" as const, step, phase, values, startedAt, ...load, reasons: ["broken"] };
}

const METASTABLE: [number, StepVerdict][] = [
  [100, "ok"],
  [200, "ok"],
  [400, "ok"],
  [800, "slo-missed"],
  [400, "slo-missed"],
  [200, "slo-missed"],
  [100, "ok"],
];

describe("the hysteresis of a sweep", () => {
  it("is where it broke on the way up, and where it was good again on the way down", () => {
    assert.deepEqual(hysteresisOf(sweepOf(...METASTABLE)), {
      ...{ variable: "producers", goodUpTo: 400, brokeAt: 800, goodAgainAt: 100, unclear: 0 },
    });
    const sentence =
      /oad up and down again \(producers\): missed the SLO at 800 on the way up \(met it up to 400\), good again at 100 on the way down; hysteresis: it needs a smaller load/;
    const run = sweepOf(...METASTABLE);
    assert.match(runTable(run), sentence);
    assert.match(reportPage(run), sentence);
  });

  it("is none if the broker is good again at the load that it carried before", () => {
    const recovered = METASTABLE.map(([value, verdict]): [number, StepVerdict] => [
      value,
      value < 800 ? "ok" : verdict,
    ]);
    assert.match(hysteresisSentence(sweepOf(...recovered)) ?? "", /good again at 400 .*; no hysteresis/);
  });

  it("says where the broker never broke, or never recovered", () => {
    const good = METASTABLE.map(([value]): [number, StepVerdict] => [value, "ok"]);
    assert.match(hysteresisSentence(sweepOf(...good)) ?? "", /no value missed the SLO on the way up/);
    const broken = METASTABLE.map(([value, verdict], index): [number, StepVerdict] => [
      value,
      index > 3 ? "slo-missed" : verdict,
    ]);
    assert.match(hysteresisSentence(sweepOf(...broken)) ?? "", /was not good again on the way down/);
  });

  it("takes steps without evidence for neither good nor bad, and says so", () => {
    const unclear = METASTABLE.map(([value, verdict], index): [number, StepVerdict] => [
      value,
      index === 2 ? "not-steady" : index === 5 ? "failed" : verdict,
    ]);
    const found = hysteresisOf(sweepOf(...unclear));
    assert.deepEqual([found?.goodUpTo, found?.goodAgainAt, found?.unclear], [200, 100, 2]);
    assert.match(hysteresisSentence(sweepOf(...unclear)) ?? "", /; 2 steps are no evidence$/);
  });

  it("is that of sweeps that go up and down only", () => {
    assert.equal(hysteresisSentence(sampleRun()), undefined);
    assert.equal(hysteresisOf(sweepOf([1, "ok"], [3, "ok"], [2, "ok"])), undefined, "no value on both ways");
    assert.equal(hysteresisOf(sweepOf([1, "ok"], [2, "ok"], [1, "ok"], [2, "ok"])), undefined);
    assert.equal(hysteresisOf(sweepOf([2, "ok"], [2, "ok"])), undefined);
    assert.equal(hysteresisOf({ steps: [] }), undefined);
  });

  it("never claims a recovery at a load above which the way down still missed the SLO later", () => {
    const verdicts = fc.constantFrom<StepVerdict>("ok", "slo-missed", "not-steady");
    fc.assert(
      fc.property(fc.array(verdicts, { minLength: 7, maxLength: 7 }), (all) => {
        const values = [100, 200, 400, 800, 400, 200, 100];
        const found = hysteresisOf(
          sweepOf(...values.map((value, index): [number, StepVerdict] => [value, all[index] as StepVerdict])),
        );
        assert.ok(found);
        const { goodAgainAt } = found;
        if (goodAgainAt === null) return;
        const index = values.lastIndexOf(goodAgainAt);
        assert.equal(all[index], "ok");
        assert.ok(!all.slice(index).includes("slo-missed"));
      }),
    );
  });
});
