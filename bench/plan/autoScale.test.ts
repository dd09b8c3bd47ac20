import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Load } from "../../contract/scale.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import {
  type BenchmarkInput,
  benchmarkSchema,
  type WorkloadInput,
  workloadSchema,
} from "../../contract/workload.ts";
import { runOn } from "../../test/support/simulatedMachine.ts";
import { scalingLoads } from "./autoScale.ts";
import { nextOfScaling, scaledPlan, stepsLeft } from "./index.ts";
import type { Trial } from "./trial.ts";

const loadOf = (benchmark: BenchmarkInput, workload: WorkloadInput = {}): Load => ({
  workload: workloadSchema.parse(workload),
  benchmark: benchmarkSchema.parse({ scale: "auto", duration: "20 seconds", ...benchmark }),
});
/** As the scenario single-broker. */
const EXPERIMENT: BenchmarkInput = {
  sweep: { producers: [10, 50, 100, 200, 300, 400, 500, 600, 800, 1_000] },
  search: { variable: "producers", from: 100, to: 2_000 },
};
const SINGLE = loadOf(EXPERIMENT);
const LOCAL = loadOf({
  duration: "8 seconds",
  search: { variable: "producers", from: 50, to: 3_000, tolerance: 0.1, trials: 2, maxSteps: 9 },
});
const CONSUMERS = loadOf({ sweep: { consumers: [1, 2, 4, 8, 12] } }, { producers: 200 });
const LARGE = loadOf(
  { duration: "60 seconds", sweep: { messageBytes: [100, 1_000, 10_000, 100_000, 1_000_000] } },
  { producers: 10, rate: 2 },
);
const ALL = [SINGLE, LOCAL, CONSUMERS, LARGE];

const preheatOf = (history: readonly Trial[]) => history.filter(({ phase }) => phase === "preheat");
const measuredOf = (history: readonly Trial[]) => history.filter(({ phase }) => phase !== "preheat");

describe("a run with scale: auto", () => {
  it("on a small machine finds the knee of a scenario that asks for far more", () => {
    for (const perSec of [60, 300, 900, 2_500]) {
      const { scale, knee, history } = runOn({ perSec }, SINGLE);
      assert.ok(scale && scale.factor < 1, `${perSec}: ${scale?.factor}`);
      assert.ok(
        knee && 10 * knee.value <= perSec && 10 * knee.value >= 0.85 * perSec - 10,
        `${perSec}: ${knee?.value}`,
      );
      const rates = measuredOf(history).map(({ values }) => 10 * Number(values.producers));
      assert.ok(Math.max(...rates) <= Math.max(4 * perSec, 50), `${Math.max(...rates)} of ${perSec}`);
    }
  });

  it("is as the scenario has it on a machine that can carry it", () => {
    for (const load of ALL) {
      const { scale, plan } = runOn({ perSec: 1e6 }, load);
      assert.equal(scale?.factor, 1);
      assert.deepEqual(sweepSteps(plan.benchmark), sweepSteps(load.benchmark));
      assert.equal(plan.workload, load.workload);
    }
  });

  it("carries a load that the sweep does not vary, at its heaviest step", () => {
    const consumers = runOn({ perSec: 600 }, CONSUMERS);
    assert.equal(consumers.scale?.factor, 0.2);
    assert.equal(consumers.plan.workload.producers, 40);
    const large = runOn({ perSec: 1e6, bytesPerSec: 17e6 }, LARGE);
    assert.equal(large.scale?.factor, 0.5);
    assert.equal(large.plan.workload.producers, 5);
    for (const { history } of [consumers, large]) {
      assert.deepEqual(new Set(measuredOf(history).map(({ verdict }) => verdict)), new Set(["ok"]));
    }
    assert.equal(large.history[0]?.values.messageBytes, 1_000_000);
  });

  it("has loads that each step can decide on, on any machine that carries 14 messages per second", () => {
    const machines = fc.record({
      perSec: fc.double({ min: 14, max: 30_000, noNaN: true }),
      noise: fc.double({ min: 0, max: 0.3, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(machines, fc.constantFrom(SINGLE, LOCAL, CONSUMERS), (machine, load) => {
        const { history, scale, knee, bracket } = runOn(machine, load);
        assert.ok(scale);
        assert.ok(measuredOf(history).every(({ verdict }) => verdict !== "not-decidable"));
        if (load.benchmark.search) assert.ok(knee || bracket?.met || bracket?.missed);
      }),
      { numRuns: 25 },
    );
  });

  it("takes at most 25 s more than the preheat, or than twice that if nothing is carried, unless every load is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(...ALL), (perSec, load) => {
        const { history } = runOn({ perSec }, load);
        const steps = preheatOf(history);
        const seconds = steps.reduce((sum, each) => sum + each.seconds, 0);
        const carriedAll = steps.every(({ verdict }) => verdict === "ok" || verdict === "not-decidable");
        const smallest = steps[0]?.values;
        const nothing = !steps.some(
          ({ values, verdict }) =>
            JSON.stringify(values) === JSON.stringify(smallest) &&
            (verdict === "ok" || verdict === "not-decidable"),
        );
        assert.ok(seconds <= (nothing ? 2 : 1) * 90 + 25 || carriedAll, `${seconds} s`);
        assert.ok(seconds <= 2 * 90 + 9 * 11, `${seconds} s`);
      }),
      { numRuns: 40 },
    );
  });

  it("finds out what a machine can do, however short the preheat is", () => {
    for (const preheat of ["15 seconds", "30 seconds", "60 seconds"]) {
      const { scale } = runOn({ perSec: 7_000 }, loadOf({ ...EXPERIMENT, preheat }));
      assert.equal(scale?.factor, 1, preheat);
      const slower = runOn({ perSec: 1_500 }, loadOf({ ...EXPERIMENT, preheat })).scale;
      assert.ok(slower?.carriedPerSec && slower.carriedPerSec > 700, `${preheat}: ${slower?.carriedPerSec}`);
    }
  });

  it("does not take a first step with few messages and a falling latency for the limit of the machine", () => {
    const first: Trial = {
      phase: "preheat",
      values: { producers: 8 },
      verdict: "not-steady",
      reasons: ["it was not steady: the median latency fell by 0.9 ms"],
      p99Ms: null,
      p50Ms: 2.7,
      brokersJitThreads: 0.18,
      seconds: 12,
    };
    assert.deepEqual(nextOfScaling(SINGLE, [first]), {
      step: { phase: "preheat", values: { producers: 16 } },
    });
    const late = { ...first, p50Ms: 900 };
    assert.deepEqual(nextOfScaling(SINGLE, [late]), { step: { phase: "preheat", values: { producers: 8 } } });
  });

  it("does not take brokers that are still cold for a slow machine", () => {
    const cold: Trial = {
      phase: "preheat",
      values: { producers: 8 },
      verdict: "generator-bound",
      reasons: ["the generator was late"],
      p99Ms: null,
      p50Ms: 700,
      brokersJitThreads: 0.5,
      seconds: 11,
    };
    // As a cluster of three brokers on two cores: after 90 s nothing had met the SLO, 20 s later it did.
    const history = Array.from({ length: 8 }, () => cold);
    assert.deepEqual(nextOfScaling(SINGLE, history), {
      step: { phase: "preheat", values: { producers: 8 } },
    });
    const warm: Trial = { ...cold, verdict: "not-decidable", p50Ms: 3, brokersJitThreads: 0.1 };
    assert.deepEqual(nextOfScaling(SINGLE, [...history, cold, warm]), {
      step: { phase: "preheat", values: { producers: 16 } },
    });
    const slow = Array.from({ length: 17 }, () => cold);
    assert.deepEqual(nextOfScaling(SINGLE, slow), { step: { phase: "preheat", values: { producers: 4 } } });
  });

  it("has a factor that does not fall when the machine gets faster", () => {
    for (const load of ALL) {
      const factors = [10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000].map(
        (perSec) => runOn({ perSec }, load).scale?.factor ?? 0,
      );
      assert.deepEqual(
        factors,
        factors.toSorted((a, b) => a - b),
      );
    }
  });

  it("records what met and what missed the SLO, as total rates", () => {
    const { scale } = runOn({ perSec: 300 }, SINGLE);
    assert.ok(scale?.carriedPerSec && scale.carriedPerSec <= 300);
    assert.ok(scale.missedPerSec && scale.missedPerSec > 300);
    assert.equal(scale.missedPerSec, 2 * scale.carriedPerSec);
  });

  it("also ends if nothing meets the SLO, with the smallest loads", () => {
    const { scale, bracket, searchReason } = runOn({ perSec: 0.1 }, LOCAL);
    assert.equal(scale?.carriedPerSec, null);
    assert.ok(scale.factor < 0.1);
    assert.equal(bracket?.met, null);
    assert.match(searchReason, /no value met the SLO/);
  });

  it("tries lower loads too if the first step was too slow to leave time for others, or delivered nothing", () => {
    const first: Trial = {
      phase: "preheat",
      values: { producers: 8 },
      verdict: "failed",
      reasons: ["none of 480 messages was delivered"],
      p99Ms: null,
      seconds: 80,
    };
    const next = nextOfScaling(SINGLE, [first]);
    assert.deepEqual(next, { step: { phase: "preheat", values: { producers: 4 } } });
    const lower: Trial = { ...first, values: { producers: 4 }, verdict: "not-decidable", seconds: 12 };
    assert.deepEqual(nextOfScaling(SINGLE, [first, lower]), {
      step: { phase: "preheat", values: { producers: 8 } },
    });
  });

  it("does not repeat the preheat after it, and has it with the factor of another run", () => {
    const first = runOn({ perSec: 300 }, SINGLE);
    assert.equal(first.plan.benchmark.preheat, 0);
    const second = runOn({ perSec: 280 }, SINGLE, first.scale);
    assert.deepEqual(sweepSteps(second.plan.benchmark), sweepSteps(first.plan.benchmark));
    assert.equal(second.plan.benchmark.preheat, 90);
    assert.ok(preheatOf(second.history).length > 0);
  });

  it("continues after any step of its preheat as if it had not been interrupted", () => {
    const { history, scale } = runOn({ perSec: 300 }, SINGLE);
    const preheat = preheatOf(history);
    for (const [index, { phase, values }] of preheat.entries()) {
      const next = nextOfScaling(SINGLE, preheat.slice(0, index));
      assert.deepEqual("step" in next && next.step, { phase, values });
    }
    assert.deepEqual(nextOfScaling(SINGLE, preheat), { scale });
  });

  it("has the number of its own steps left once they are scaled", () => {
    const merged = loadOf({ sweep: { producers: [100, 101, 102, 1_000] } });
    const plan = scaledPlan(
      merged,
      { factor: 0.05, setting: "auto", carriedPerSec: 300, missedPerSec: null },
      [],
    );
    assert.deepEqual(stepsLeft(merged.workload, merged.benchmark, []), { least: 4, most: 4 });
    assert.deepEqual(stepsLeft(plan.workload, plan.benchmark, []), { least: 2, most: 2 });
  });
});

describe("a number as scale", () => {
  it("scales the loads without finding anything out", () => {
    const load = loadOf({ ...EXPERIMENT, scale: 0.1 });
    const { scale, plan, history } = runOn({ perSec: 1e6 }, load);
    assert.deepEqual(scale, { factor: 0.1, setting: "fixed", carriedPerSec: null, missedPerSec: null });
    assert.equal(plan.benchmark.search?.from, 10);
    assert.equal(history[0]?.values.producers, 10, "the preheat has the scaled loads");
  });
});

describe("the loads of the preheat with scale: auto", () => {
  const valuesOf = (load: Load, name: "producers" | "rate" = "producers") =>
    scalingLoads(load).map((values) => values[name]);

  it("double from a small share of the largest load up to it", () => {
    assert.deepEqual(valuesOf(SINGLE), [8, 16, 32, 64, 128, 256, 512, 1_024, 2_000]);
    assert.deepEqual(valuesOf(LOCAL).slice(0, 3), [13, 26, 52]);
    assert.deepEqual(valuesOf(CONSUMERS), [13, 26, 52, 104, 200]);
    assert.deepEqual(valuesOf(LARGE), [1, 2, 4, 8, 10]);
  });

  it("have the other values of the heaviest step", () => {
    assert.deepEqual(scalingLoads(CONSUMERS)[0], { consumers: 12, producers: 13 });
    assert.deepEqual(scalingLoads(LARGE).at(-1), { messageBytes: 1_000_000, producers: 10 });
    const both = loadOf({ sweep: { acks: [1, "all"], producers: [100, 200], groups: [1, 3] } });
    assert.deepEqual(scalingLoads(both)[0], { acks: 1, groups: 3, producers: 13 });
  });

  it("are valid: at least one producer for each topic and node", () => {
    const load = loadOf({ sweep: { nodes: [1, 3], topics: [1, 20] } }, { producers: 100 });
    assert.equal(valuesOf(load)[0], 20);
  });
});
