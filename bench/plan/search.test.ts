import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Benchmark, benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { type SimulatedBroker, simulate } from "../../test/support/simulatedBroker.ts";
import { passShares } from "./evidence.ts";
import { nextStep, stepsLeft } from "./index.ts";
import type { Trial } from "./trial.ts";

const workload = workloadSchema.parse({});
const benchmarkOf = (search: object, rest: object = {}): Benchmark =>
  benchmarkSchema.parse({ search: { variable: "producers", from: 10, to: 2000, ...search }, ...rest });
const usual = benchmarkOf({});
const run = (broker: SimulatedBroker, benchmark = usual) => simulate(workload, benchmark, broker);
const searched = (history: { phase: string }[]) => history.filter(({ phase }) => phase === "search").length;

describe("the search for the knee", () => {
  it("finds the limit within the tolerance without noise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1_900 }), (limit) => {
        const { knee } = run({ limit });
        assert.ok(knee);
        assert.ok(knee.value <= limit && knee.value >= limit / 1.06 - 1, `${knee.value} of ${limit}`);
      }),
    );
  });

  it("takes at most 18 steps from 10 to 2000 with three trials", () => {
    for (const limit of [20, 77, 300, 555, 1_200, 1_900]) {
      const { history } = run({ limit });
      assert.ok(searched(history) <= 18, `${history.length} steps for ${limit}`);
    }
  });

  it("starts at its first value if the sweep met the SLO only at smaller ones, and at twice a larger one", () => {
    const first = (producers: number[]) => {
      const { history } = run({ limit: 1_900 }, benchmarkOf({ from: 50 }, { sweep: { producers } }));
      return history.find(({ phase }) => phase === "search")?.values.producers;
    };
    assert.equal(first([1]), 50);
    assert.equal(first([1, 40]), 50);
    assert.equal(first([1, 60]), 120);
  });

  it("is within 15 % of the limit in 95 of 100 noisy searches", () => {
    const results = Array.from({ length: 200 }, (_, seed) =>
      run({ limit: 555, noise: 0.3, outliers: 0.05, seed }),
    );
    const near = results.filter(({ knee }) => knee && Math.abs(knee.value - 555) <= 0.15 * 555);
    assert.ok(near.length >= 190, `${near.length} of 200`);
  });

  it("gives an interval that contains the limit about as often as its confidence says", () => {
    for (const [noise, outliers] of [
      [0.1, 0],
      [0.3, 0.05],
      [0.5, 0.05],
    ] as const) {
      const results = Array.from({ length: 200 }, (_, seed) => run({ limit: 555, noise, outliers, seed }));
      const covered = results.filter(({ knee }) => {
        const [low, high] = knee?.interval ?? [Number.POSITIVE_INFINITY, 0];
        return low <= 555 && (high === null || high >= 555);
      });
      assert.ok(covered.length >= 176, `noise ${noise}: ${covered.length} of 200`);
    }
  });

  it("ends within maxSteps and never leaves its range, whatever the noise", () => {
    const brokers = fc.record({
      limit: fc.integer({ min: 1, max: 5_000 }),
      noise: fc.double({ min: 0, max: 2, noNaN: true }),
      outliers: fc.double({ min: 0, max: 0.5, noNaN: true }),
      ceiling: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: Number.POSITIVE_INFINITY }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(brokers, (broker) => {
        const { history } = run(broker);
        assert.ok(searched(history) <= 40);
        for (const { values } of history) {
          assert.ok(Number(values.producers) >= 10 && Number(values.producers) <= 2_000);
          assert.ok(Number.isInteger(values.producers));
        }
      }),
    );
  });

  it("continues after any of its steps as if it had not been interrupted", () => {
    const { history } = run({ limit: 333, noise: 0.3, outliers: 0.1, seed: 7 });
    for (const [index, { values }] of history.entries()) {
      const next = nextStep(workload, usual, history.slice(0, index));
      assert.deepEqual("step" in next && next.step.values, values);
    }
  });

  it("does not mistake a limit of the generator for one of the broker", () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 1_900 }), fc.nat(), (ceiling, seed) => {
        const { knee, searchReason } = run({ limit: 100_000, ceiling, seed });
        assert.equal(knee, null);
        assert.match(searchReason, /the generator/);
      }),
    );
  });

  it("finds a limit of the broker below one of the generator", () => {
    const { knee } = run({ limit: 300, ceiling: 500 });
    assert.ok(knee && knee.value <= 300 && knee.value > 280 && knee.interval[1] !== null);
  });

  it("reports that all values met the SLO if none missed it", () => {
    const { knee } = run({ limit: 1e6 });
    assert.deepEqual(knee?.interval, [2_000, null]);
    assert.match(knee?.reason ?? "", /all up to 2000 producers met the SLO/);
  });

  it("reports that no value met the SLO if the first did not, after a majority of trials", () => {
    const { knee, searchReason, history } = run({ limit: 1 });
    assert.equal(knee, null);
    assert.match(searchReason, /no value met the SLO: at 10 producers the SLO was missed/);
    assert.ok(history.length >= 2);
  });

  it("does not base a knee on a single trial", () => {
    const { knee, history } = run({ limit: 555, noise: 0.3, seed: 3 });
    const atKnee = history.filter(({ values }) => values.producers === knee?.value);
    assert.ok(atKnee.filter(({ verdict }) => verdict === "ok").length >= 2);
  });

  it("starts from the results of the sweep", () => {
    const benchmark = benchmarkOf({}, { sweep: { producers: [100, 500, 600, 1_000] } });
    const { history } = run({ limit: 555 }, benchmark);
    const first = history.find(({ phase }) => phase === "search");
    assert.ok(Number(first?.values.producers) > 500 && Number(first?.values.producers) < 600);
    assert.ok(searched(history) <= 8, `${searched(history)} steps`);
  });

  it("ignores steps that vary another option", () => {
    const benchmark = benchmarkOf({}, { sweep: { producers: [900], rate: [1] } });
    const first = run({ limit: 555 }, benchmark).history.find(({ phase }) => phase === "search");
    assert.equal(first?.values.producers, 10);
  });

  it("stops at its time limit, and reports it", () => {
    const { knee, history } = run({ limit: 555 }, benchmarkOf({ maxTime: "2 minutes" }));
    assert.equal(history.length, 6); // of 20 s each
    assert.match(knee?.reason ?? "", /maxTime \(2 min\) was reached/);
  });

  it("does not base a knee on a tie when it has reached maxSteps", () => {
    const trial = (producers: number, verdict: "ok" | "slo-missed"): Trial => ({
      phase: "search",
      values: { producers },
      verdict,
      reasons: [verdict],
      p99Ms: 1,
      seconds: 20,
    });
    const tied = [trial(500, "ok"), trial(500, "ok"), trial(600, "slo-missed"), trial(600, "ok")];
    const next = nextStep(workload, benchmarkOf({ maxSteps: 4 }), tied);
    assert.ok("done" in next && next.done.knee);
    assert.equal(next.done.knee.value, 500);
    assert.ok((next.done.knee.interval[1] ?? 0) >= 600);
    assert.match(next.done.knee.reason, /maxSteps \(4\) was reached; 500 producers met the SLO, 600 did not/);
  });

  it("also searches rates between whole numbers", () => {
    const { knee } = run({ limit: 0.77 }, benchmarkOf({ variable: "rate", from: 0.1, to: 5 }));
    assert.ok(knee && knee.value > 0.72 && knee.value <= 0.77);
  });

  it("announces no more steps than it may take, and none when it is done", () => {
    const { history } = run({ limit: 555, noise: 0.2, seed: 5 });
    for (const [index] of history.entries()) {
      const { least, most } = stepsLeft(workload, usual, history.slice(0, index));
      assert.ok(least >= 1 && least <= most && most <= 40 - index);
    }
    assert.deepEqual(stepsLeft(workload, usual, history), { least: 0, most: 0 });
  });
});

describe("shares of trials that met the SLO", () => {
  const evidence = (met: number, missed: number, value: number) => ({
    value,
    met,
    missed,
    bound: 0,
    reason: "",
  });

  it("are pooled if a larger value did better than a smaller one", () => {
    const shares = passShares([evidence(1, 0, 1), evidence(0, 1, 2), evidence(1, 0, 3), evidence(0, 2, 4)]);
    assert.deepEqual(
      [...shares],
      [
        [1, 1],
        [2, 0.5],
        [3, 0.5],
        [4, 0],
      ],
    );
  });

  it("never rise", () => {
    const trials = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(trials, (counts) => {
        const all = counts.map(([met, missed], index) => evidence(met, missed, index + 1));
        const shares = [...passShares(all).values()];
        assert.deepEqual(
          shares,
          [...shares].sort((a, b) => b - a),
        );
      }),
    );
  });
});
