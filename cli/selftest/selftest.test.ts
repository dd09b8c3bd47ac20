import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atLeast, atMost } from "./row.ts";
import { CHECKS } from "./selftest.ts";

describe("the self-test, quick", () => {
  for (const { name, rows } of CHECKS) {
    it(`meets every limit: ${name}`, () => {
      for (const { what, measured, limit, pass } of rows({ quick: true }))
        assert.notEqual(pass, false, `${what}: ${measured}, limit ${limit}`);
    });
  }
});

describe("a limit of the self-test", () => {
  const share = { what: "it", hits: 80, trials: 100 };

  it("is strict, apart from the sampling error of --quick", () => {
    assert.equal(atLeast("check", { quick: false }, 0.81, share).pass, false);
    assert.equal(atLeast("check", { quick: true }, 0.81, share).pass, true);
    assert.equal(atLeast("check", { quick: true }, 0.95, share).pass, false);
    assert.equal(atMost("check", { quick: false }, 0.79, share).pass, false);
    assert.equal(atMost("check", { quick: true }, 0.79, share).pass, true);
    assert.equal(atMost("check", { quick: true }, 0.5, share).pass, false);
  });

  it("is printed with the measured share", () => {
    const { measured, limit } = atMost("check", { quick: false }, 0.05, { ...share, note: "more" });
    assert.deepEqual([measured, limit], ["0.8 of 100; more", "≤ 0.05"]);
  });
});
