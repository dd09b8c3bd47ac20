import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CELLS, type CellResult, simulateCell, stepsOfGrid } from "../support/simulatedSearch.ts";

const SEARCHES = 200;
/** The goals of a search, as shares of all searches of a cell. */
const GOALS = { near: 0.9, covered: 0.88, stepsOfGrid: 0.25 };

const columns = [
  "cell",
  "within 10 %",
  "interval covers",
  "with a knee",
  "beyond generator",
  "steps",
  "minutes",
];
const share = (value: number) => value.toFixed(2);

function row({ name, near, covered, knees, beyondGenerator, steps, minutes }: CellResult): string {
  const cells = [near, covered, knees, beyondGenerator].map(share);
  return `| ${[name, ...cells, steps.toFixed(1), minutes.toFixed(1)].join(" | ")} |`;
}

describe(`${SEARCHES} simulated searches of each broker`, () => {
  const lines = [`| ${columns.join(" | ")} |`, `| ${columns.map(() => "---").join(" | ")} |`];

  for (const cell of CELLS) {
    it(`reach their goals: ${cell.name}`, () => {
      const result = simulateCell(cell, SEARCHES);
      lines.push(row(result));
      if (cell.isPrecise) assert.ok(result.near >= GOALS.near, `${result.near} within 10 %`);
      assert.ok(result.covered >= GOALS.covered, `${result.covered} covered`);
      assert.equal(result.beyondGenerator, 0);
      assert.ok(result.steps <= GOALS.stepsOfGrid * stepsOfGrid(), `${result.steps} steps`);
    });
  }

  it("print their table", () => console.log(lines.join("\n")));
});
