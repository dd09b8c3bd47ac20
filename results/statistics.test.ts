import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareRanks, mannWhitney, medianOf } from "./statistics.ts";

describe("the rank test", () => {
  it("matches the published tables of the test", () => {
    assert.ok(mannWhitney([1, 2, 3], [1, 2, 3]) > 0.99);
    const p = mannWhitney([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16]);
    assert.ok(p > 0.0005 && p < 0.0015, String(p)); // U = 0, n = m = 8: z = 3.31 with the correction for continuity
  });

  it("corrects for ties", () => {
    // By hand: rank sum 19.5, U = 4.5, ties 24 + 6 + 6, variance 22.08, z = 1.596.
    const p = mannWhitney([1, 2, 2, 3, 4], [2, 3, 5, 6, 6]);
    assert.ok(Math.abs(p - 0.1105) < 0.0005, String(p));
  });

  it("finds no difference between samples of one value", () =>
    assert.equal(mannWhitney([2, 2], [2, 2, 2]), 1));

  it("calls a difference real that is significant and large enough to matter", () => {
    const sample = (from: number, step: number) =>
      Array.from({ length: 20 }, (_, index) => from + index * step);
    assert.equal(compareRanks(sample(100, 1), sample(200, 1)).real, true);
    assert.equal(compareRanks(sample(100, 0.01), sample(101, 0.01)).real, false);
    assert.equal(compareRanks([1, 2], [10, 20]).real, false);
  });
});

describe("a median", () => {
  it("ignores missing values", () => {
    assert.equal(medianOf([4, null, 1, 2, null, 3]), 2.5);
    assert.equal(medianOf([null]), null);
  });
});
