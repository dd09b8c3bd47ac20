// A thread that simulates searches of one cell, for test/slow/search.test.ts.
import { parentPort, workerData } from "node:worker_threads";
import { CELLS, type Cell, searchOutcome } from "./simulatedSearch.ts";

const { cell, seeds } = workerData as { cell: number; seeds: number[] };
for (const seed of seeds) parentPort?.postMessage(searchOutcome(CELLS[cell] as Cell, seed));
