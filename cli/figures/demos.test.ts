import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Run } from "../../contract/result.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { allOverlap, demoTable, type Interval, verdictOf } from "./demos.ts";

describe("the intervals of several runs", () => {
  it("overlap exactly if every two of them do", () => {
    const interval = fc
      .tuple(fc.nat(20), fc.option(fc.nat(20)))
      .map(([low, width]): Interval => [low, width === null ? null : low + width]);
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 5 }), (intervals) => {
        const meets = ([low, high]: Interval, [other]: Interval) =>
          other < low || high === null || other <= high;
        const everyPair = intervals.every((one) =>
          intervals.every((other) => meets(one, other) && meets(other, one)),
        );
        assert.equal(allOverlap(intervals), everyPair);
      }),
    );
  });
});

describe("the verdict of several demos", () => {
  const found = (low: number, high: number | null) =>
    ({ knee: { value: low, interval: [low, high] }, bracket: null }) as unknown as Pick<
      Run,
      "knee" | "bracket"
    >;
  const known = (met: number | null, missed: number | null) => ({
    knee: null,
    bracket: { variable: "producers", met, missed, generatorBound: null, reason: "maxSteps" } as const,
  });

  it("is that they agree if all intervals overlap", () => {
    assert.deepEqual(verdictOf([found(80, 120), found(100, null), found(90, 100)]), {
      text: "All intervals overlap.",
      agree: true,
    });
  });

  it("is that they do not agree if two intervals lie apart", () => {
    assert.equal(verdictOf([found(80, 120), found(121, 150), found(80, 200)]).agree, false);
  });

  it("takes the loads that met and missed the SLO as the interval of a run without a knee", () => {
    assert.deepEqual(verdictOf([found(80, 120), known(100, null), known(90, 110)]), {
      text: "All intervals overlap; 2 of 3 runs know only a load that meets the SLO.",
      agree: true,
    });
    assert.equal(verdictOf([found(80, 120), known(121, null)]).agree, false);
    assert.equal(verdictOf([found(80, 120), known(50, 79)]).agree, false);
  });

  it("counts a run in which no load met the SLO as no answer", () => {
    for (const none of [{ knee: null, bracket: null }, known(null, 50)]) {
      assert.deepEqual(verdictOf([found(80, 120), none]), {
        text: "1 of 2 runs found no load that meets the SLO.",
        agree: false,
      });
    }
  });
});

describe("the table of several demos", () => {
  const run = (changes: Partial<Run>): Run => ({
    ...sampleRun(),
    startedAt: "2026-11-27T08:00:00.000Z",
    endedAt: "2026-11-27T08:05:12.000Z",
    ...changes,
  });

  it("shows knee, interval, limit and both durations of each run", () => {
    const { knee } = sampleRun();
    assert.ok(knee);
    const found = run({ knee: { ...knee, value: 103, interval: [89, 195] } });
    assert.match(
      demoTable([{ run: found, totalSec: 426 }]),
      /\| 1 \| 103 \| 89 to 195 \| .+ \| 5\.2 min \| 7\.1 min \|$/,
    );
  });

  it("shows what is known of a knee that was not decided", () => {
    const bracket = {
      variable: "producers",
      met: 141,
      missed: 200,
      generatorBound: null,
      reason: "maxSteps",
    } as const;
    const text = demoTable([{ run: run({ knee: null, bracket }), totalSec: 60 }]);
    assert.match(text, /\| none \| the SLO was met at 141 producers and missed at 200 \|/);
  });
});
