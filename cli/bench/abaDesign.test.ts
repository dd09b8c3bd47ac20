import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { abaDesign, durationText } from "./abaDesign.ts";

const design = abaDesign(5, ["acks=1"], 7);

describe("the design of --aba", () => {
  it("alternates between both sides, equally often", () =>
    assert.equal(design.map(({ side }) => side).join(" "), "A B B A A B B A A B"));

  it("gives each replicate a seed of its own, the same on both sides", () => {
    for (const side of ["A", "B"])
      assert.deepEqual(
        design.filter((run) => run.side === side).map(({ changes }) => changes.at(-1)),
        [7, 8, 9, 10, 11].map((seed) => `benchmark.seed=${seed}`),
      );
    assert.equal(abaDesign(2, [], 2 ** 32 - 1)[2]?.changes[0], "benchmark.seed=0");
  });

  it("applies the changes to B only", () => {
    for (const { side, changes } of design) assert.equal(changes.includes("acks=1"), side === "B");
  });

  it("spreads a steady drift equally over both sides", () => {
    const mean = (side: string, runs = abaDesign(6, [], 1)) => {
      const times = runs.flatMap((run, time) => (run.side === side ? [time] : []));
      return times.reduce((sum, time) => sum + time, 0) / times.length;
    };
    assert.equal(mean("A"), mean("B"));
  });
});

describe("a duration", () => {
  it("is in minutes, or hours and minutes", () =>
    assert.deepEqual(
      [durationText(5), durationText(719), durationText(3_900)],
      ["1 min", "12 min", "1 h 05 min"],
    ));
});
