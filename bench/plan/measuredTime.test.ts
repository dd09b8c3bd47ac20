import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { decidableSeconds, isBelowSearch, withLongestTimes, withMeasuredTime } from "./measuredTime.ts";
import type { Trial } from "./trial.ts";

const workload = workloadSchema.parse({ producers: 50, rate: 10 });
/** As the scenario local. */
const LOCAL = benchmarkSchema.parse({
  duration: "8 seconds",
  search: { variable: "producers", from: 50, to: 3_000 },
});
const trial = (producers: number, verdict: Trial["verdict"]): Trial => ({
  phase: "search",
  values: { producers },
  verdict,
  reasons: [],
  p99Ms: 1,
  seconds: 20,
});

describe("the measured time below the first value", () => {
  it("is as long as 1,000 messages need", () => {
    const load = { producers: 3, rate: 10, groups: 1 };
    assert.equal(decidableSeconds(load, 8), 37);
    assert.equal(decidableSeconds({ ...load, groups: 2 }, 8), 19);
    assert.equal(decidableSeconds({ ...load, producers: 50 }, 8), 8);
    assert.equal(decidableSeconds({ ...load, rate: 0.001 }, 8), 128);
  });

  it("is longer for steps of the search alone, and only below its first value", () => {
    const { search } = LOCAL;
    const isBelow = (phase: Trial["phase"], producers: number) =>
      isBelowSearch({ phase, values: { producers } }, { search });
    assert.deepEqual([isBelow("search", 49), isBelow("confirm", 3)], [true, true]);
    assert.deepEqual(
      [isBelow("search", 50), isBelow("sweep", 3), isBelow("preheat", 3)],
      [false, false, false],
    );
  });

  it("is that of the phase in all other steps, unless the loads of the run are scaled", () => {
    const load = { workload, benchmark: LOCAL };
    const secondsOf = (phase: Trial["phase"], producers: number, isScaled = false) =>
      withMeasuredTime(LOCAL, { phase, values: { producers } }, load, isScaled).duration;
    assert.deepEqual([secondsOf("search", 3), secondsOf("sweep", 3), secondsOf("preheat", 3)], [37, 8, 8]);
    assert.deepEqual([secondsOf("sweep", 3, true), secondsOf("search", 60, true)], [37, 8]);
    assert.deepEqual([secondsOf("preheat", 3, true), secondsOf("soak", 3, true)], [8, 8]);
  });

  it("counts in estimates once the first value has missed the SLO", () => {
    const benchmark = LOCAL;
    const load = { workload, benchmark };
    assert.equal(withLongestTimes(load, false, [trial(50, "ok")]), benchmark);
    const lower = withLongestTimes(load, false, [trial(50, "slo-missed")]);
    assert.deepEqual([lower.duration, lower.search?.confirm], [37, 60]);
  });
});
