// Simulated searches of brokers with a known limit, in two threads. SEARCHES=60 simulates 60 of each broker instead of 200.
import assert from "node:assert/strict";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import {
  CELLS,
  type CellResult,
  cellResult,
  type SearchOutcome,
  stepsOfGrid,
} from "../support/simulatedSearch.ts";

const SEARCHES = Number(process.env.SEARCHES ?? 200);
const THREADS = Math.min(2, availableParallelism());
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

/** Every thread takes every second seed. */
async function simulate(cell: number): Promise<CellResult> {
  const seeds = Array.from({ length: SEARCHES }, (_, index) => index + 1);
  const outcomes = await Promise.all(
    Array.from({ length: THREADS }, (_, thread) =>
      inThread(
        cell,
        seeds.filter((seed) => seed % THREADS === thread),
      ),
    ),
  );
  return cellResult(CELLS[cell]?.name ?? "", outcomes.flat());
}

async function inThread(cell: number, seeds: number[]): Promise<SearchOutcome[]> {
  const outcomes: SearchOutcome[] = [];
  const worker = new Worker(new URL("../support/searchWorker.ts", import.meta.url), {
    workerData: { cell, seeds },
    execArgv: ["--import", "tsx"],
  });
  worker.on("message", (outcome: SearchOutcome) => outcomes.push(outcome));
  const [code] = await once(worker, "exit"); // rejects with the error of the thread
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
