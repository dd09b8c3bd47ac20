import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleRun } from "../test/support/sampleRun.ts";
import { arrivalSentence } from "./arrivals.ts";

describe("the arrivals of a run", () => {
  const run = sampleRun();
  const withArrival = (arrival: unknown) => ({
    ...run,
    conditions: { ...run.conditions, workload: { ...run.conditions.workload, arrival } },
  });

  it("are named, and constant ones with what they hide", () => {
    assert.match(
      arrivalSentence(withArrival("constant")) ?? "",
      /^arrivals: constant \(evenly spaced; .* longer\)$/,
    );
    assert.match(arrivalSentence(withArrival("poisson")) ?? "", /^arrivals: poisson/);
    assert.equal(arrivalSentence(withArrival({ burst: { size: 50 } })), "arrivals: bursts of 50");
    assert.equal(
      arrivalSentence(withArrival({ ramp: { from: 0.1, over: 30 } })),
      "arrivals: a ramp from 0.1 of the rate over 30 s",
    );
  });

  it("are those of the steps if a sweep varies them", () => {
    const steps = run.steps.map((step, index) => ({
      ...step,
      values: { ...step.values, arrival: index % 2 === 0 ? "constant" : "poisson" },
    }));
    assert.equal(
      arrivalSentence({ ...withArrival("constant"), steps }),
      "arrivals: constant and poisson, as each step says",
    );
  });

  it("are left out if the run does not say", () =>
    assert.equal(arrivalSentence(withArrival(undefined)), undefined));
});
