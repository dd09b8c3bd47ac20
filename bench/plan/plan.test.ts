import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { nextStep } from "./index.ts";

const workload = workloadSchema.parse({});
const planOf = (benchmark: object) => benchmarkSchema.parse({ preheat: "0 seconds", ...benchmark });

describe("the steps of a sweep", () => {
  it("are every combination, with the last variable changing fastest", () => {
    const steps = sweepSteps(planOf({ sweep: { producers: [1, 2], acks: [1, "all"] } }));
    assert.deepEqual(steps, [
      { producers: 1, acks: 1 },
      { producers: 1, acks: "all" },
      { producers: 2, acks: 1 },
      { producers: 2, acks: "all" },
    ]);
  });

  it("are side by side if the benchmark says so", () => {
    const steps = sweepSteps(
      planOf({ sweep: { producers: [1, 2], rate: [20, 10] }, combine: "side by side" }),
    );
    assert.deepEqual(steps, [
      { producers: 1, rate: 20 },
      { producers: 2, rate: 10 },
    ]);
  });

  it("are one step with the workload as it is if nothing is varied or searched", () => {
    assert.deepEqual(sweepSteps(planOf({})), [{}]);
  });

  it("are none if there is only a search", () => {
    assert.deepEqual(sweepSteps(planOf({ search: { variable: "rate", from: 1, to: 2 } })), []);
  });
});

describe("a run without a search", () => {
  const done = { phase: "sweep" as const, verdict: "failed" as const, reasons: [], p99Ms: null, seconds: 1 };

  it("ends after its last step, also if steps failed", () => {
    const benchmark = planOf({ sweep: { producers: [1, 2] } });
    const history = [1, 2].map((producers) => ({ ...done, values: { producers } }));
    assert.deepEqual(nextStep(workload, benchmark, history.slice(0, 1)), {
      step: { phase: "sweep", values: { producers: 2 } },
    });
    assert.deepEqual(nextStep(workload, benchmark, history), {
      done: { knee: null, bracket: null, searchReason: "" },
    });
  });

  it("is one step if it is a soak", () => {
    assert.deepEqual(nextStep(workload, planOf({ soak: "1 hour" }), []), {
      step: { phase: "soak", values: {} },
    });
  });
});
