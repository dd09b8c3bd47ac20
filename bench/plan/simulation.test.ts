// The short form of test/slow/search.test.ts: the same searches, fewer of them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CELLS, simulateCell, stepsOfGrid } from "../../test/support/simulatedSearch.ts";

const SEARCHES = 8;

describe(`${SEARCHES} simulated searches of each broker`, () => {
  for (const cell of CELLS) {
    it(`find its limit and never mistake the generator's for it: ${cell.name}`, () => {
      const { near, covered, beyondGenerator, steps } = simulateCell(cell, SEARCHES);
      if (cell.isPrecise) assert.ok(near >= 6 / SEARCHES, `${near} within 10 %`);
      assert.ok(covered >= 6 / SEARCHES, `${covered} covered`);
      assert.equal(beyondGenerator, 0);
      assert.ok(steps <= stepsOfGrid() / 4, `${steps} steps`);
    });
  }
});
