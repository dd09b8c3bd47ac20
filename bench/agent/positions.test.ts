import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { overlapOf } from "../measure/unread.ts";
import { type OffsetRange, Positions } from "./positions.ts";

const read = (ranges: readonly OffsetRange[]) => {
  const positions = new Positions();
  for (const range of ranges) positions.read(0, range);
  return positions;
};

describe("the offsets that a task has read", () => {
  it("are exactly those of its reads, as ranges apart from each other, in ascending order", () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 }))
      .map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 30 }), (ranges) => {
        const positions = read(ranges);
        const all = positions.all();
        const offsets = new Set(
          ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)),
        );
        assert.equal(
          all.reduce((sum, { from, to }) => sum + to - from, 0),
          offsets.size,
        );
        for (const { from, to } of all) for (let at = from; at < to; at += 1) assert.ok(offsets.has(at));
        assert.ok(all.every(({ from }, index) => index === 0 || from > (all[index - 1]?.to ?? 0)));
        assert.equal(positions.next(0), Math.max(...offsets) + 1);
      }),
    );
  });

  it("do not include what another task read meanwhile, so that nothing counts as read twice", () => {
    const task = (...ranges: OffsetRange[]) => read(ranges).all();
    const back = task({ from: 0, to: 100 }, { from: 200, to: 300 });
    assert.equal(overlapOf([back, task({ from: 100, to: 200 })]), 0);
    assert.equal(overlapOf([back, task({ from: 90, to: 205 })]), 15);
  });

  it("are kept in a bounded number of ranges", () => {
    const positions = read(
      Array.from({ length: 5_000 }, (_, index) => ({ from: 2 * index, to: 2 * index + 1 })),
    );
    assert.equal(positions.all().length, 100);
    assert.equal(positions.next(0), 9_999);
  });
});
