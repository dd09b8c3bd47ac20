// The short form of test/slow/search.test.ts: the same searches, fewer of them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CELLS, simulateCell, stepsOfGrid } from "../../test/support/simulatedSearch.ts";

const SEARCHES = 5;
const LEAST = 4 / SEARCHES;
/** The brokers that the short form has. */
const NAMES = ["slope 10", "slope 40", "queue", "drift -30", "cold", "generator"];

describe(`${SEARCHES} simulated searches of each broker`, () => {
  for (const cell of CELLS.filter(({ name }) => NAMES.some((part) => name.includes(part)))) {
    it(`find its limit and never mistake the generator's for it: ${cell.name}`, () => {
      const { near, covered, beyondGenerator, steps } = simulateCell(cell, SEARCHES);
      if (cell.isPrecise) assert.ok(near >= LEAST, `${near} within 10 %`);
      assert.ok(covered >= LEAST, `${covered} covered`);
      assert.equal(beyondGenerator, 0);
      assert.ok(steps <= stepsOfGrid() / 4, `${steps} steps`);
    });
  }
});
