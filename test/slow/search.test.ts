// Simulated searches of brokers with a known limit, in two processes. SEARCHES=60 simulates 60 of each broker instead of 200.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import {
  CELLS,
  type CellResult,
  cellResult,
  type SearchOutcome,
  stepsOfGrid,
} from "../support/simulatedSearch.ts";

const SEARCHES = Number(process.env.SEARCHES ?? 200);
const PROCESSES = Math.min(2, availableParallelism());
const WORKER = path.resolve(import.meta.dirname, "../support/searchWorker.ts");
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

/** Of two processes, each takes every second seed. */
async function simulate(cell: number): Promise<CellResult> {
  const seeds = Array.from({ length: SEARCHES }, (_, index) => index + 1);
  const outcomes = await Promise.all(
    Array.from({ length: PROCESSES }, (_, number) =>
      inProcess(
        cell,
        seeds.filter((seed) => seed % PROCESSES === number),
      ),
    ),
  );
  return cellResult(CELLS[cell]?.name ?? "", outcomes.flat());
}

async function inProcess(cell: number, seeds: number[]): Promise<SearchOutcome[]> {
  const outcomes: SearchOutcome[] = [];
  const worker = fork(WORKER, [String(cell), ...seeds.map(String)], { execArgv: ["--import", "tsx"] });
  worker.on("message", (outcome) => outcomes.push(outcome as SearchOutcome));
  const [code] = await once(worker, "close");
  assert.equal(code, 0);
  return outcomes;
}

describe(`${SEARCHES} simulated searches of each broker`, () => {
  const lines = [`| ${columns.join(" | ")} |`, `| ${columns.map(() => "---").join(" | ")} |`];

  for (const [index, { name, isPrecise }] of CELLS.entries()) {
    it(`reach their goals: ${name}`, async () => {
      const result = await simulate(index);
      lines.push(row(result));
      assert.equal(result.searches, SEARCHES);
      if (isPrecise) assert.ok(result.near >= GOALS.near, `${result.near} within 10 %`);
      assert.ok(result.covered >= GOALS.covered, `${result.covered} covered`);
      assert.equal(result.beyondGenerator, 0);
      assert.ok(result.steps <= GOALS.stepsOfGrid * stepsOfGrid(), `${result.steps} steps`);
    });
  }

  it("print their table", () => console.log(lines.join("\n")));
});
