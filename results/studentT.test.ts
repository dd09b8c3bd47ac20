import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { incompleteBeta, studentCdf, studentQuantile, twoSidedP } from "./studentT.ts";

const near = (value: number, expected: number, within: number) =>
  assert.ok(Math.abs(value - expected) <= within, `${value} instead of ${expected}`);

describe("Student's t", () => {
  it("has the quantiles of the tables", () => {
    // Abramowitz and Stegun, table 26.10, and the normal distribution for many degrees of freedom.
    for (const [probability, df, t] of [
      [0.975, 1, 12.706],
      [0.975, 4, 2.776],
      [0.975, 8, 2.306],
      [0.995, 8, 3.355],
      [0.9995, 8, 5.041],
      [0.8, 8, 0.889],
      [0.95, 30, 1.697],
      [0.975, 120, 1.98],
      [0.975, 1e6, 1.96],
      [0.025, 8, -2.306],
    ] as const)
      near(studentQuantile(probability, df), t, 6e-4);
  });

  it("has closed forms for one and two degrees of freedom", () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        near(studentCdf(t, 1), 0.5 + Math.atan(t) / Math.PI, 1e-9);
        near(studentCdf(t, 2), 0.5 + t / (2 * Math.sqrt(2 + t * t)), 1e-9);
      }),
    );
  });

  it("keeps its digits close to zero", () => {
    for (const t of [1e-7, 1e-8, 1e-9, -1e-8]) near((studentCdf(t, 1) - 0.5) / (t / Math.PI), 1, 1e-6);
  });

  it("has both tails in its two-sided probability", () => {
    near(twoSidedP(2.306004, 8), 0.05, 1e-6);
    near(twoSidedP(-2.306004, 8), 0.05, 1e-6);
    assert.equal(twoSidedP(0, 8), 1);
  });
});

describe("the incomplete beta function", () => {
  it("is that of whole numbers", () => {
    // I_x(2, 3) = 6x² - 8x³ + 3x⁴
    for (const x of [0.05, 0.3, 0.5, 0.8, 0.99])
      near(incompleteBeta(x, 2, 3), 6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 1e-9);
  });
});
