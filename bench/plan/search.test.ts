import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Benchmark, benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { type SimulatedBroker, simulate } from "../../test/support/simulatedBroker.ts";
import { nextStep, stepsLeft } from "./index.ts";
import type { Trial } from "./trial.ts";

const workload = workloadSchema.parse({});
const benchmarkOf = (search: object, more: object = {}): Benchmark =>
  benchmarkSchema.parse({
    preheat: "0 seconds",
    search: { variable: "producers", from: 10, to: 2000, ...search },
    ...more,
  });
const usual = benchmarkOf({});
const run = (broker: SimulatedBroker, benchmark = usual) => simulate(workload, benchmark, broker);
const searched = (history: readonly Trial[]) => history.filter(({ phase }) => phase !== "sweep").length;
const trial = (producers: number, verdict: Trial["verdict"], phase: Trial["phase"] = "search"): Trial => ({
  phase,
  values: { producers },
  verdict,
  reasons: verdict === "ok" ? [] : [verdict],
  p99Ms: 1,
  seconds: 20,
});

describe("the search for the knee", () => {
  it("finds the limit within twice the tolerance if nothing is noisy", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1_900 }), (limit) => {
        const { knee } = run({ limit });
        assert.ok(knee);
        assert.ok(knee.value <= limit && knee.value >= limit / 1.1 - 1, `${knee.value} of ${limit}`);
        assert.ok(knee.interval[0] <= limit && (knee.interval[1] ?? 0) >= limit);
      }),
      { numRuns: 8 },
    );
  });

  it("takes few steps: at most 24, from 10 to 2000", () => {
    for (const limit of [20, 77, 300, 555, 1_200, 1_900]) {
      const { history } = run({ limit });
      assert.ok(searched(history) <= 24, `${history.length} steps for ${limit}`);
    }
  });

  it("begins at its first value if the sweep met the SLO only at smaller ones, otherwise at twice the largest", () => {
    const first = (producers: number[]) => {
      const { history } = run({ limit: 1_900 }, benchmarkOf({ from: 50 }, { sweep: { producers } }));
      return history.find(({ phase }) => phase === "search")?.values.producers;
    };
    assert.equal(first([1]), 50);
    assert.equal(first([1, 40]), 50);
    assert.equal(first([1, 60]), 120);
  });

  it("ends within its steps, and never leaves its range, whatever the noise", () => {
    const brokers = fc.record({
      limit: fc.integer({ min: 1, max: 5_000 }),
      noise: fc.double({ min: 0, max: 2, noNaN: true }),
      outliers: fc.double({ min: 0, max: 0.5, noNaN: true }),
      ceiling: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: Number.POSITIVE_INFINITY }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(brokers, (broker) => {
        const { history, knee, bracket } = run(broker);
        assert.ok(searched(history) <= 40);
        assert.ok((knee === null) !== (bracket === null), "either a knee or what is known of it");
        for (const { values } of history) {
          assert.ok(Number(values.producers) >= 1 && Number(values.producers) <= 2_000);
          assert.ok(Number.isInteger(values.producers));
        }
      }),
      { numRuns: 15 },
    );
  });

  it("continues after any of its steps as if it had not been interrupted", () => {
    const { history } = run({ limit: 333, noise: 0.3, outliers: 0.1, seed: 7 });
    for (const [index, { phase, values }] of history.entries()) {
      const next = nextStep(workload, usual, history.slice(0, index));
      assert.deepEqual("step" in next && next.step, { phase, values });
    }
  });

  it("does not mistake a limit of the generator for one of the broker, and says up to where the SLO was met", () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 1_900 }), fc.nat(), (ceiling, seed) => {
        const { knee, bracket, searchReason } = run({ limit: 100_000, ceiling, seed });
        assert.equal(knee, null);
        assert.match(searchReason, /the generator/);
        assert.ok(bracket?.met && bracket.met < ceiling && bracket.missed === null);
        assert.ok(bracket.generatorBound && bracket.generatorBound >= ceiling);
      }),
      { numRuns: 30 },
    );
  });

  it("finds a limit of the broker below one of the generator", () => {
    const { knee } = run({ limit: 300, ceiling: 500 });
    assert.ok(knee && knee.value <= 300 && knee.value > 270 && knee.interval[1] !== null);
  });

  it("says that all values met the SLO if none missed it", () => {
    const { knee } = run({ limit: 1e6 });
    assert.deepEqual([knee?.interval, knee?.confirmed], [[2_000, null], true]);
    assert.match(knee?.reason ?? "", /all up to 2000 producers met the SLO/);
  });

  it("says that no value met the SLO if not even the smallest one did, after a majority of trials", () => {
    const { knee, bracket, searchReason, history } = run({ limit: 0.5 });
    assert.deepEqual([knee, bracket?.met, bracket?.missed], [null, null, 1]);
    assert.match(searchReason, /no value met the SLO: at 1 producers the SLO was missed/);
    assert.deepEqual(
      history.map(({ values }) => values.producers),
      [10, 5, 2, 1, 1],
    );
  });

  it("uses the results of the sweep", () => {
    const benchmark = benchmarkOf({}, { sweep: { producers: [100, 500, 600, 1_000] } });
    const { history } = run({ limit: 555 }, benchmark);
    const first = history.find(({ phase }) => phase === "search");
    assert.ok(Number(first?.values.producers) > 300 && Number(first?.values.producers) < 700);
    assert.ok(searched(history) <= 14, `${searched(history)} steps`);
  });

  it("takes no evidence from steps that vary something else", () => {
    const benchmark = benchmarkOf({}, { sweep: { producers: [900], rate: [1] } });
    const first = run({ limit: 555 }, benchmark).history.find(({ phase }) => phase === "search");
    assert.equal(first?.values.producers, 10);
  });

  it("stops at its time limit, and says so", () => {
    const { knee, history } = run(
      { limit: 555 },
      benchmarkOf({ maxTime: "2 minutes", confirm: "0 seconds" }),
    );
    assert.equal(history.length, 6); // 20 s each
    assert.match(knee?.reason ?? "", /maxTime \(2 min\) was reached/);
  });

  it("keeps steps for the confirmation when it reaches its limit of steps", () => {
    const { knee, history } = run(
      { limit: 555, noise: 0.5, seed: 3 },
      benchmarkOf({ maxSteps: 12, confirm: "30 seconds" }),
    );
    assert.ok(knee && history.length <= 12);
    assert.match(knee.reason, /^maxSteps \(12\) was reached; /);
    assert.equal(
      history.findIndex(({ phase }) => phase === "confirm"),
      10,
    );
  });

  it("does not base a knee on a tie when it reaches its limit of steps", () => {
    const tied = [trial(500, "ok"), trial(500, "ok"), trial(600, "slo-missed"), trial(600, "ok")];
    const next = nextStep(workload, benchmarkOf({ maxSteps: 4, confirm: "0 seconds" }), tied);
    assert.ok("done" in next && next.done.knee);
    assert.equal(next.done.knee.value, 500);
    assert.ok((next.done.knee.interval[1] ?? 0) >= 600);
    assert.match(next.done.knee.reason, /maxSteps \(4\) was reached; 500 producers met the SLO, 600 did not/);
  });

  it("searches rates between whole numbers too", () => {
    const { knee } = run({ limit: 0.77 }, benchmarkOf({ variable: "rate", from: 0.1, to: 5 }));
    assert.ok(knee && knee.value > 0.7 && knee.value <= 0.77);
  });

  it("promises no more steps than it may take, and none when it is done", () => {
    const { history } = run({ limit: 555, noise: 0.2, seed: 5 });
    for (const [index] of history.entries()) {
      const { least, most } = stepsLeft(workload, usual, history.slice(0, index));
      assert.ok(least >= 1 && least <= most && most <= 40 - index);
      assert.ok(least <= history.length - index + 2, `${least} promised after ${index} of ${history.length}`);
    }
    assert.deepEqual(stepsLeft(workload, usual, history), { least: 0, most: 0 });
  });
});

describe("steps that are no evidence", () => {
  it("are tried again a limited number of times, then the value is not decidable", () => {
    const search = (history: Trial[]) => nextStep(workload, usual, history);
    const unsteady = (count: number) => Array.from({ length: count }, () => trial(20, "not-steady"));
    const history = [trial(10, "ok"), ...unsteady(3)];
    assert.deepEqual(search(history), { step: { phase: "search", values: { producers: 20 } } });
    // Then the values below it are tried.
    const next = search([trial(10, "ok"), ...unsteady(4)]);
    assert.ok("step" in next && Number(next.step.values.producers) < 20);
  });

  it("never count as missed: a knee is found beyond a value that was not steady twice", () => {
    const unsteady = [trial(300, "not-steady"), trial(300, "not-steady")];
    const { knee } = simulate(workload, usual, { limit: 555 }, unsteady);
    assert.ok(knee && knee.value > 500);
  });

  it("leave a bracket and a reason if no value can be decided", () => {
    const { knee, bracket, searchReason } = run({ limit: 1e6, unsteadyFrom: 100 });
    assert.equal(knee, null);
    assert.ok(
      bracket?.met && bracket.met < 100 && bracket.missed === null && bracket.generatorBound === null,
    );
    assert.match(
      searchReason,
      /not decidable: \d+ producers met the SLO, and at 1\d\d none of 4 trials gave evidence/,
    );
  });
});

describe("the confirmation of the knee", () => {
  const found = (from = 0) => {
    const { history } = run({ limit: 555 });
    return history.slice(0, history.findIndex(({ phase }) => phase === "confirm") + from);
  };
  const after = (history: readonly Trial[]) => nextStep(workload, usual, history);
  const producersOf = (next: ReturnType<typeof nextStep>) =>
    "step" in next ? Number(next.step.values.producers) : Number.NaN;

  it("is one long step at the estimated limit, and the knee carries its chance to meet the SLO", () => {
    const { knee, history } = run({ limit: 555, noise: 0.1, seed: 2 });
    const confirmed = history.filter(({ phase }) => phase === "confirm").at(-1);
    assert.deepEqual([knee?.confirmed, knee?.value], [true, confirmed?.values.producers]);
    assert.ok((knee?.meetsSloChance ?? 0) > 0.4 && (knee?.meetsSloChance ?? 2) < 1);
  });

  it("lowers the knee in growing steps as long as it is missed, and then leaves it undecided", () => {
    const history = [...found()];
    const values: number[] = [];
    for (let next = after(history); "step" in next; next = after(history)) {
      assert.equal(next.step.phase, "confirm");
      values.push(producersOf(next));
      history.push(trial(producersOf(next), "slo-missed", "confirm"));
    }
    assert.equal(values.length, 4);
    const steps = values.slice(1).map((value, index) => Math.log((values[index] as number) / value));
    assert.ok(
      steps.every((step, index) => step > (steps[index - 1] ?? 0)),
      steps.join(" "),
    );
    const end = after(history);
    assert.ok("done" in end && (end.done.knee === null || end.done.knee.confirmed === false));
  });

  it("is tried again at the same value if it was no evidence", () => {
    const value = producersOf(after(found()));
    assert.equal(producersOf(after([...found(), trial(value, "not-steady", "confirm")])), value);
  });

  it("is not given up for steps that were no evidence, but for four of them", () => {
    const value = producersOf(after(found()));
    const missed = trial(value, "slo-missed", "confirm");
    const unclear = (count: number) =>
      Array.from({ length: count }, () => trial(value, "not-steady", "confirm"));
    const lower = producersOf(after([...found(), ...unclear(3), missed]));
    assert.ok(lower < value, "three without evidence and one refusal leave three more");
    assert.ok("done" in after([...found(), ...unclear(4)]));
  });

  it("is left out with confirm: 0 seconds", () => {
    const { knee, history } = run({ limit: 555 }, benchmarkOf({ confirm: "0 seconds" }));
    assert.ok(knee && knee.confirmed === undefined);
    assert.ok(history.every(({ phase }) => phase === "search"));
  });
});
