// The design of --aba: its runs and their order.

/** One run of the design. */
export interface PlannedRun {
  /** A: the scenario as it is. B: with the changes of --set. */
  side: "A" | "B";
  /** From 0. The runs of both sides with the same number have the same seed. */
  replicate: number;
  /** Changes of workload and benchmark, in the form of --set. */
  changes: string[];
}

/** Number of seeds: 0 to 2^32 - 1. */
const SEEDS = 2 ** 32;

/**
 * The runs in their order: A B B A A B B A …, so that a steady drift of the machines affects both sides equally. Each
 * replicate has its own seed, and so its own phases, message sizes and keys.
 *
 * @param replicates runs of each side
 * @param changes those of --set, which only B has
 * @param seed that of the first replicate; each further replicate adds 1
 */
export function abaDesign(replicates: number, changes: readonly string[], seed: number): PlannedRun[] {
  return Array.from({ length: replicates }, (_, replicate) => {
    const seedChange = `benchmark.seed=${(seed + replicate) % SEEDS}`;
    const a: PlannedRun = { side: "A", replicate, changes: [seedChange] };
    const b: PlannedRun = { side: "B", replicate, changes: [...changes, seedChange] };
    return replicate % 2 === 0 ? [a, b] : [b, a];
  }).flat();
}

/** "12 min", "1 h 05 min"; less than a minute counts as one. */
export function durationText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
