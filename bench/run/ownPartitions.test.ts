import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownPartitions } from "./ownPartitions.ts";

describe("the messages that their own task times too", () => {
  it("are those of one partition of the first tasks, a twelfth of all partitions at most", () => {
    assert.deepEqual(ownPartitions([0, 10, 20], 24, 1), [0, 1, null]);
    assert.deepEqual(ownPartitions([0, 10], 4, 1), [0, null]);
  });

  it("are none if there are fewer than four partitions", () => {
    assert.equal(ownPartitions([0, 10], 3, 1), null);
    assert.notEqual(ownPartitions([0, 10], 1, 4), null);
  });

  it("are in a topic that the task sends to", () => {
    // Of 6 topics, the task that begins with producer 3 sends to topic 3, whose partitions are 12 to 15.
    assert.deepEqual(ownPartitions([0, 3], 4, 6), [0, 13]);
  });
});
