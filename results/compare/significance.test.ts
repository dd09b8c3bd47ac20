import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { holm, testDifferences } from "./significance.ts";

const near = (value: number | null | undefined, expected: number, within: number) =>
  assert.ok(
    typeof value === "number" && Math.abs(value - expected) <= within,
    `${value} instead of ${expected}`,
  );

describe("the test for differences", () => {
  it("is Welch's, on logarithms", () => {
    // By hand: logarithms 0.3, -0.1, -0.2, 0.1, -0.1 and 1.2, 0.7, 0.8, 1.3, 1.0; variances 0.04 and 0.065, t = 6.9007,
    // df = 7.573, two-sided p = 0.00016.
    const [a, b] = [
      [0.3, -0.1, -0.2, 0.1, -0.1],
      [1.2, 0.7, 0.8, 1.3, 1],
    ].map((logs) => logs.map(Math.exp)) as [number[], number[]];
    const [outcome] = testDifferences([{ name: "p99", a, b }]);
    near(outcome?.p, 0.00016, 0.00002);
    near(outcome?.means[0], 1, 1e-9);
    near(outcome?.means[1], Math.E, 1e-9);
    assert.equal(outcome?.differs, true);
  });

  it("says nothing about fewer than five steps per side", () => {
    const [outcome] = testDifferences([{ name: "p99", a: [1, 1, 1, 1, 1], b: [9, 9, 9, 9] }]);
    assert.deepEqual([outcome?.p, outcome?.differs, outcome?.detectable], [null, false, null]);
  });

  it("says nothing about latencies that are not above zero", () => {
    const [outcome] = testDifferences([{ name: "p99", a: [1, 1, 1, 1, 0], b: [9, 9, 9, 9, 9] }]);
    assert.deepEqual([outcome?.p, outcome?.differs, outcome?.means[0]], [null, false, 0.8]);
  });

  it("finds a stall of two seconds that affects few messages of a step", () => {
    const [outcome] = testDifferences([
      { name: "p99", a: [7, 6.5, 7.2, 7.4, 6.9], b: [1_907, 1_880, 1_950, 1_899, 1_910] },
    ]);
    assert.equal(outcome?.differs, true);
  });

  it("needs more evidence for each of many values than for one", () => {
    const a = [10, 10.4, 9.7, 10.1, 9.9];
    const b = a.map((value) => 1.045 * value);
    const outcomes = (count: number) =>
      testDifferences(Array.from({ length: count }, (_, index) => ({ name: `${index}`, a, b })));
    assert.equal(outcomes(1)[0]?.differs, true);
    assert.ok(outcomes(10).every(({ differs }) => !differs));
    assert.ok((outcomes(10)[0]?.detectable ?? 0) > (outcomes(1)[0]?.detectable ?? 1));
  });

  it("does not take the resolution of histograms for a difference", () => {
    const [outcome] = testDifferences([{ name: "p50", a: Array(5).fill(4), b: Array(5).fill(4.001) }]);
    assert.equal(outcome?.differs, false);
  });
});

describe("Holm's adjustment", () => {
  it("multiplies the smallest p by all, the next by one less, and never decreases", () =>
    assert.deepEqual(
      holm([0.03, null, 0.01, 0.04]).map((p) => p && Number(p.toFixed(4))),
      [0.06, null, 0.03, 0.06],
    ));
});
