import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { passShares } from "./evidence.ts";

describe("shares of trials that met the SLO", () => {
  const evidence = (met: number, missed: number, value: number) => ({
    value,
    met,
    missed,
    bound: 0,
    unclear: 0,
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
