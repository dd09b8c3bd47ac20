import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type BenchmarkInput, benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { type SimulatedBroker, simulate } from "../../test/support/simulatedBroker.ts";
import { leastValue } from "./descent.ts";
import { nextStep, stepsLeft } from "./index.ts";
import type { Trial } from "./trial.ts";

type SearchInput = NonNullable<BenchmarkInput["search"]>;

/** As in the scenario local. */
const LOCAL = { variable: "producers", from: 50, to: 3_000, tolerance: 0.1, trials: 2, maxSteps: 9 } as const;
const workload = workloadSchema.parse({ producers: 50, rate: 10 });
const benchmarkOf = (search: SearchInput, more: BenchmarkInput = {}) =>
  benchmarkSchema.parse({ preheat: "0 seconds", duration: "8 seconds", ...more, search });
const searchOf = (search: SearchInput) => {
  const { search: parsed } = benchmarkOf(search);
  assert.ok(parsed);
  return parsed;
};
const run = (broker: SimulatedBroker, search: SearchInput = LOCAL, more: BenchmarkInput = {}) =>
  simulate(workload, benchmarkOf(search, more), broker);
const valuesOf = (history: readonly Trial[]) => history.map(({ values }) => Number(values.producers));

describe("a search whose first value misses the SLO", () => {
  it("halves it until a value meets the SLO, and finds the knee there", () => {
    const { knee, history } = run({ limit: 8 });
    assert.deepEqual(valuesOf(history).slice(0, 4), [50, 25, 12, 6]);
    assert.ok(knee && knee.value >= 6 && knee.value <= 8, `${knee?.value}`);
    assert.ok(knee.confirmed);
  });

  it("ends with a knee, or with what met and what missed the SLO, on any machine and within its steps", () => {
    const brokers = fc.record({
      limit: fc.double({ min: 0.3, max: 4_000, noNaN: true }),
      noise: fc.double({ min: 0, max: 0.3, noNaN: true }),
      outliers: fc.double({ min: 0, max: 0.1, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(brokers, (broker) => {
        const { knee, bracket, history } = run(broker);
        assert.ok(history.length <= 9);
        assert.ok(knee || bracket?.met || bracket?.missed, "an answer");
        for (const value of valuesOf(history)) assert.ok(value >= 3 && value <= 3_000, `${value}`);
      }),
      { numRuns: 40 },
    );
  });

  it("finds every limit from the least value up within its tolerance if nothing is noisy", () => {
    for (const limit of [4, 7, 13, 26, 49, 51]) {
      const { knee } = run({ limit }, { ...LOCAL, maxSteps: 40, tolerance: 0.05 });
      assert.ok(knee && knee.value <= limit && knee.value >= 0.85 * limit - 1, `${knee?.value} of ${limit}`);
    }
  });

  it("also goes down if the generator was at its limit there, and does not take that for the broker's", () => {
    const { knee, bracket, searchReason, history } = run({ limit: 1e6, ceiling: 20 });
    assert.deepEqual(valuesOf(history).slice(0, 3), [50, 25, 12]);
    assert.equal(knee, null);
    assert.ok(bracket?.met && bracket.met < 20 && bracket.generatorBound && bracket.generatorBound >= 20);
    assert.match(searchReason, /the generator, not Kafka, was the limit/);
  });

  it("also goes down if no trial there was evidence", () => {
    const { bracket, history } = run({ limit: 1e6, unsteadyFrom: 40 });
    assert.deepEqual(valuesOf(history).slice(0, 5), [50, 50, 50, 50, 25]);
    assert.ok(bracket?.met && bracket.met >= 25);
  });

  it("goes down for rates too", () => {
    const { knee, history } = simulate(workload, benchmarkOf({ variable: "rate", from: 4, to: 100 }), {
      limit: 0.9,
    });
    assert.deepEqual(
      history.slice(0, 4).map(({ values }) => values.rate),
      [4, 2, 1, 0.5],
    );
    assert.ok(knee && knee.value > 0.8 && knee.value <= 0.9);
  });

  it("does not go below a value that meets the SLO", () => {
    const { history } = run({ limit: 60 });
    assert.ok(valuesOf(history).every((value) => value >= 50));
  });

  it("continues after any of its steps as if it had not been interrupted, and promises no more than it may take", () => {
    const benchmark = benchmarkOf(LOCAL);
    const { history } = run({ limit: 8, noise: 0.2, seed: 4 });
    for (const [index, { phase, values }] of history.entries()) {
      const next = nextStep(workload, benchmark, history.slice(0, index));
      assert.deepEqual("step" in next && next.step, { phase, values });
      const { least, most } = stepsLeft(workload, benchmark, history.slice(0, index));
      assert.ok(least >= 1 && least <= most && most <= 9 - index);
    }
  });

  it("says at which value it was, if its steps end before the least value", () => {
    const { bracket, searchReason } = run({ limit: 1 }, { ...LOCAL, maxSteps: 3 });
    assert.equal(bracket?.missed, 25);
    assert.match(searchReason, /maxSteps \(3\) was reached; no value met the SLO: at 25 producers/);
  });
});

describe("the least value of a search", () => {
  it("is a sixteenth of the first one, a whole number for producers, and valid", () => {
    const least = (search: SearchInput, load: object = {}) =>
      leastValue(workloadSchema.parse(load), searchOf(search));
    assert.equal(least({ variable: "producers", from: 160, to: 200 }), 10);
    assert.equal(least({ variable: "producers", from: 3, to: 200 }), 1);
    assert.equal(least({ variable: "producers", from: 160, to: 200 }, { topics: 30 }), 40);
    assert.equal(least({ variable: "producers", from: 160, to: 200 }, { nodes: 15 }), 20);
    assert.equal(least({ variable: "messageBytes", from: 100, to: 200 }), 50);
    assert.equal(least({ variable: "rate", from: 1, to: 200 }), 0.0625);
  });
});
