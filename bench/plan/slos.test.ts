import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Knee } from "../../contract/result.ts";
import { type BenchmarkInput, benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { trialOf as simulatedTrial } from "../../test/support/simulatedBroker.ts";
import { randomOf } from "../load/random.ts";
import { nextStep, stepsLeft } from "./index.ts";
import { otherKneesSoFar, type SearchResults } from "./slos.ts";
import type { Trial } from "./trial.ts";

const workload = workloadSchema.parse({});
/** The load at which the p99 is 100 ms; it is 50 ms at 482, and 10 ms at 236. */
const LIMIT = 555;
const LIMITS: Readonly<Record<number, number>> = { 100: LIMIT, 50: 482, 10: 236 };

const benchmarkOf = (otherP99Ms?: number[], search: Partial<BenchmarkInput["search"]> = {}) =>
  benchmarkSchema.parse({
    preheat: "0 seconds",
    search: { variable: "producers", from: 10, to: 2_000, otherP99Ms, ...search },
  });

/** A search of a broker with little noise. */
function search(benchmark = benchmarkOf([10, 50]), seed = 1): SearchResults & { history: Trial[] } {
  const random = randomOf(seed);
  const history: Trial[] = [];
  for (;;) {
    const next = nextStep(workload, benchmark, history);
    if ("done" in next) return { ...next.done, history };
    const { phase, values, searchedP99Ms } = next.step;
    const trial = simulatedTrial(
      { limit: LIMIT, noise: 0.05 },
      "producers",
      Number(values.producers),
      100,
      random,
    );
    const otherSlos = benchmark.search?.otherP99Ms?.map((p99Ms) => {
      const verdict = (trial.p99Ms ?? 0) <= p99Ms ? ("ok" as const) : ("slo-missed" as const);
      return { p99Ms, verdict, reasons: verdict === "ok" ? [] : [verdict] };
    });
    history.push({ ...trial, phase, values, searchedP99Ms, otherSlos });
  }
}

const isNear = (knee: Knee | null | undefined, limit = 0) =>
  assert.ok(knee && Math.abs(knee.value - limit) <= 0.1 * limit, `${knee?.value} for ${limit}`);

describe("a search with several SLOs", () => {
  const found = search();

  it("finds a knee for each, the benchmark's own first, and confirms each by a long step", () => {
    isNear(found.knee, LIMIT);
    assert.deepEqual(
      found.otherKnees?.map(({ slo }) => slo),
      [10, 50].map((p99Ms) => ({ p99Ms, delivered: 0.999, lost: 0 })),
    );
    for (const { slo, knee } of found.otherKnees ?? []) isNear(knee, LIMITS[slo.p99Ms]);
    const confirmed = found.history.filter(({ phase }) => phase === "confirm");
    assert.deepEqual([...new Set(confirmed.map(({ searchedP99Ms }) => searchedP99Ms))], [100, 10, 50]);
  });

  it("takes fewer steps than one search for each, since all steps are evidence for all", () => {
    const alone = search(benchmarkOf()).history.length;
    assert.ok(found.history.length < 2.5 * alone, `${found.history.length} steps, alone ${alone}`);
  });

  it("gives each SLO its own steps, and says which limit ended it", () => {
    const { history, otherKnees } = search(benchmarkOf([10], { maxSteps: 6 }));
    assert.ok(history.length > 6 && history.length <= 12, `${history.length} steps`);
    assert.match(otherKnees?.[0]?.searchReason ?? "", /maxSteps \(6\) was reached/);
  });

  it("continues after any of its steps as if it had not been interrupted, and promises no more than it takes", () => {
    const benchmark = benchmarkOf([10, 50]);
    for (const [index, { phase, values, searchedP99Ms }] of found.history.entries()) {
      const next = nextStep(workload, benchmark, found.history.slice(0, index));
      assert.deepEqual("step" in next && next.step, { phase, values, searchedP99Ms });
      const { least, most } = stepsLeft(workload, benchmark, found.history.slice(0, index));
      assert.ok(least >= 1 && least <= most && most <= 120 - index, `${least} to ${most}`);
    }
    assert.deepEqual(stepsLeft(workload, benchmark, found.history), { least: 0, most: 0 });
  });

  it("that cannot go on keeps what is known for each", () => {
    const known = otherKneesSoFar(
      workload,
      benchmarkOf([10, 50]),
      found.history.slice(0, 8),
      "it was stopped",
    );
    for (const { bracket, knee } of known ?? []) {
      assert.equal(knee, null);
      assert.ok(bracket?.met && bracket.missed && bracket.met < bracket.missed);
    }
  });
});

describe("a search with one SLO", () => {
  it("has no other knees, and steps that name no SLO", () => {
    const { otherKnees, history } = search(benchmarkOf());
    assert.equal(otherKnees, undefined);
    assert.ok(history.every(({ searchedP99Ms }) => searchedP99Ms === undefined));
    assert.equal(search(benchmarkOf([100])).otherKnees, undefined, "the same limit is the same SLO");
  });
});
