import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReachedOffsets } from "./reached.ts";

describe("the offsets that a consumer has reached", () => {
  it("are committed once, and again when it has read further", () => {
    const reached = new ReachedOffsets();
    reached.read(0, 10);
    reached.read(1, 5);
    const offsets = reached.uncommitted();
    assert.deepEqual(offsets, [
      { partition: 0, offset: 10 },
      { partition: 1, offset: 5 },
    ]);
    reached.read(1, 6); // while the commit is under way
    reached.confirm(offsets);
    assert.deepEqual(reached.uncommitted(), [{ partition: 1, offset: 6 }]);
  });

  it("are forgotten for partitions that have another owner, so that it never commits them again", () => {
    const reached = new ReachedOffsets();
    reached.read(0, 10);
    reached.read(1, 5);
    reached.retain([1, 2]);
    assert.deepEqual(reached.uncommitted(), [{ partition: 1, offset: 5 }]);
    assert.deepEqual([reached.nextOf(0), reached.nextOf(1)], [undefined, 5]);
  });
});
