// A process that simulates searches of one cell, for test/slow/search.test.ts. Arguments: the cell's index, and the seeds.
import { CELLS, type Cell, searchOutcome } from "./simulatedSearch.ts";

const [cell, ...seeds] = process.argv.slice(2).map(Number);
for (const seed of seeds) process.send?.(searchOutcome(CELLS[cell ?? 0] as Cell, seed));
process.disconnect?.();
