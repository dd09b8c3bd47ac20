import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { schedule, tournament } from "./networkSchedule.ts";

const key = (pair: readonly unknown[]) => [...pair].sort().join(" ");
const allPairs = (nodes: readonly string[]) =>
  nodes.flatMap((a, index) => nodes.slice(index + 1).map((b) => key([a, b]))).sort();
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe("a tournament", () => {
  it("has every pair once and no player twice in a round, in the fewest possible rounds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), (count) => {
        const nodes = namesOf(count);
        const rounds = tournament(nodes);
        assert.deepEqual(rounds.flat().map(key).sort(), allPairs(nodes));
        for (const round of rounds) assert.equal(new Set(round.flat()).size, 2 * round.length);
        assert.equal(rounds.length, count < 2 ? 0 : count % 2 === 0 ? count - 1 : count);
      }),
    );
  });
});

describe("a schedule", () => {
  const placed = (machines: readonly number[]) =>
    machines.map((machine, index) => ({ node: `n${index}`, machine: `m${machine}` }));

  it("has every pair once, and no node or machine twice at the same time", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 14 }), (machines) => {
        const nodes = placed(machines);
        const slots = schedule(nodes);
        const pairs = slots.flat().map(([a, b]) => key([a.node, b.node]));
        assert.deepEqual(pairs.sort(), allPairs(nodes.map(({ node }) => node)));
        for (const slot of slots) {
          const busy = slot.flatMap(([a, b]) => [...new Set([a.machine, b.machine])]);
          assert.equal(new Set(busy).size, busy.length);
        }
      }),
    );
  });

  it("has one pair at a time on one machine, and as many as possible on separate machines", () => {
    assert.equal(schedule(placed([1, 1, 1, 1])).length, 6);
    assert.equal(schedule(placed([1, 2, 3, 4])).length, 3);
  });
});
