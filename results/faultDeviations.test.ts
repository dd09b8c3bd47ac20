import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DeviatingSecond } from "../contract/logCheck.ts";
import { logCheckOf } from "../test/support/sampleRun.ts";
import { LOAD_START, simulatedFault } from "../test/support/simulatedFaults.ts";
import { attributionOf, UNDER_WAY_SEC } from "./faultDeviations.ts";

/** A fault that begins at a time, s since the start of the load; null: it does not begin. */
const fault = (number: number, from: number | null) =>
  from === null
    ? simulatedFault(0, 0, { number, startedAt: null, endedAt: null })
    : simulatedFault(from, from + 3, { number });

/** A second with deviations. @param at s since the start of the load */
const second = (at: number, changes: Partial<DeviatingSecond>): DeviatingSecond => ({
  ...{ missing: 0, unacked: 0, duplicated: 0, reordered: 0 },
  ...changes,
  at: LOAD_START + at,
});

/** A log check whose totals are those of the seconds, and of further ones that it does not list. */
function checkOf(bySecond: DeviatingSecond[], unlisted = { missing: 0, duplicated: 0, reordered: 0 }) {
  const total = (count: keyof typeof unlisted) =>
    bySecond.reduce((sum, each) => sum + each[count], unlisted[count]);
  const [missing, duplicated, reordered] = [total("missing"), total("duplicated"), total("reordered")];
  return logCheckOf(10_000, { bySecond, missing, duplicated, reordered });
}

/** The missing messages of each group of faults, and those before the first one. */
function missingOf(faults: readonly (number | null)[], seconds: DeviatingSecond[]) {
  const step = { faults: faults.map((from, index) => fault(index + 1, from)), logCheck: checkOf(seconds) };
  const { groups, before } = attributionOf(step) ?? assert.fail("not attributed");
  return {
    groups: groups.map((group) => [group.faults, group.deviations.missing]),
    before: before.missing,
  };
}

const count = fc.nat(50);
const counts = fc.record({ missing: count, unacked: count, duplicated: count, reordered: count });
const seconds = fc.uniqueArray(fc.tuple(fc.nat(120), counts), { selector: ([at]) => at, maxLength: 40 });
const starts = fc.array(fc.option(fc.double({ min: 0, max: 120, noNaN: true })), { maxLength: 8 });

describe("the deviations of a step's messages", () => {
  it("are divided among its faults and the time before: the sum is the step's totals", () => {
    fc.assert(
      fc.property(seconds, counts, starts, (deviating, unlisted, begun) => {
        const logCheck = checkOf(
          deviating.map(([at, changes]) => second(at, changes)),
          unlisted,
        );
        const faults = begun.map((from, index) => fault(index + 1, from));
        const parts = attributionOf({ logCheck, faults }) ?? assert.fail("not attributed");
        for (const name of ["missing", "duplicated", "reordered"] as const) {
          const all = [...parts.groups.map(({ deviations }) => deviations), parts.before, parts.unlisted];
          assert.equal(
            all.reduce((sum, each) => sum + each[name], 0),
            logCheck[name],
          );
          assert.equal(parts.unlisted[name], unlisted[name]);
        }
        const numbers = parts.groups.flatMap((group) => group.faults).sort((a, b) => a - b);
        const began = faults.filter(({ startedAt }) => startedAt !== null);
        assert.deepEqual(
          numbers,
          began.map(({ number }) => number),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("never belong to a fault of a consumer, which cannot change the log", () => {
    const faults = [fault(1, 20), simulatedFault(26, 29, { number: 2, fault: "consumer-kill" })];
    const logCheck = checkOf([second(30, { missing: 7 })]);
    const { groups = [] } = attributionOf({ logCheck, faults }) ?? {};
    assert.deepEqual(
      groups.map((group) => [group.faults, group.deviations.missing]),
      [[[1], 7]],
    );
  });

  it("belong to the last fault that began before a message was due, or up to a few seconds later", () => {
    fc.assert(
      fc.property(starts, fc.double({ min: 0, max: 120, noNaN: true }), (begun, due) => {
        const { groups } = missingOf(begun, [second(Math.floor(due), { missing: 1 })]);
        const [owner] = groups.filter(([, missing]) => missing === 1).map(([faults]) => faults as number[]);
        const from = Math.max(...(owner ?? []).map((number) => begun[number - 1] as number));
        const startsOf = begun.filter((start) => start !== null);
        // Within a second, the times of messages are not known, and faults are not told apart.
        for (const start of startsOf.filter((each) => each <= due + UNDER_WAY_SEC))
          assert.ok(start <= from + 1);
        if (owner) assert.ok(from < due + UNDER_WAY_SEC + 2);
        else assert.ok(startsOf.every((start) => start > due + UNDER_WAY_SEC));
      }),
      { numRuns: 300 },
    );
  });

  it("of an earlier time than a few seconds before the first fault belong to none", () => {
    const lost = [4, 5, 20, 29, 30].map((at) => second(at, { missing: at }));
    assert.deepEqual(missingOf([10.5, 35.5], lost), {
      groups: [
        [[1], 5 + 20 + 29],
        [[2], 30],
      ],
      before: 4,
    });
    assert.deepEqual(missingOf([null], lost), { groups: [], before: 88 });
  });

  it("belong to faults together that began within a second of each other", () => {
    const lost = [second(30, { missing: 7 })];
    assert.deepEqual(missingOf([10, 20.9, 20, null, 20.5], lost).groups, [
      [[1], 0],
      [[2, 3, 5], 7],
    ]);
  });

  it("belong to the later one of two faults that overlap", () => {
    const lost = [12, 17, 40].map((at) => second(at, { missing: 1 }));
    const faults = [simulatedFault(10, 60), simulatedFault(22, 24, { number: 2 })];
    const { groups } = attributionOf({ faults, logCheck: checkOf(lost) }) ?? assert.fail("not attributed");
    assert.deepEqual(
      groups.map(({ deviations }) => deviations.missing),
      [1, 2],
    );
  });

  it("are not divided if it is not known when they were due", () => {
    const faults = [fault(1, 10)];
    assert.equal(attributionOf({ faults }), undefined);
    assert.equal(attributionOf({ faults, logCheck: logCheckOf(100, { missing: 3 }) }), undefined);
  });
});
