import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { allocate, inOrder, onNodes } from "./allocation.ts";

describe("the allocation to agents", () => {
  it("covers everything once and in order, with shares that differ by at most one", () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 40 }), (total, tasks) => {
        const shares = allocate(total, tasks);
        let next = 0;
        for (const { first, count } of shares) {
          assert.equal(first, next);
          next += count;
        }
        assert.equal(next, total);
        const counts = shares.map(({ count }) => count);
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
      }),
    );
  });

  it("uses the first nodes that have an agent, node2 before node10", () => {
    const agents = ["node10", "node3", "node2", "node3"].map((node) => ({ node }));
    assert.deepEqual(inOrder(agents.map(({ node }) => node)), ["node2", "node3", "node10"]);
    assert.deepEqual(onNodes(agents, 2), [{ node: "node3" }, { node: "node2" }, { node: "node3" }]);
  });

  it("uses all nodes by default", () => {
    const agents = [{ node: "node1" }, { node: "node2" }];
    assert.deepEqual(onNodes(agents, undefined), agents);
  });
});
