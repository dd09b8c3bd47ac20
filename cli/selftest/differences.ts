// Comparisons of systems that are equal, or differ by a known factor.
import { type Random, randomOf } from "../../bench/load/random.ts";
import {
  ERROR_RATE,
  LEAST_STEPS,
  POWER,
  type Sample,
  testDifferences,
} from "../../results/compare/significance.ts";
import { studentQuantile } from "../../results/studentT.ts";
import { normal } from "./random.ts";
import { atLeast, atMost, type Check, type Extent, type Row } from "./row.ts";

const CHECK = "differences";
const VALUES = 6;
/** Standard deviation of the logarithm of a step's percentile. */
const NOISE = { p50: 0.08, p99: 0.25 };

/** A kind of machine to compare on. */
interface Machines {
  name: string;
  /** Share by which all latencies grow from the first step to the last. */
  drift: number;
  /** Chance that the broker stalls in a step, which makes its p99 a hundred times as long. */
  stalls: number;
}

const MACHINES: readonly Machines[] = [
  { name: "steady machines", drift: 0, stalls: 0 },
  { name: "a drift of 30 %", drift: 0.3, stalls: 0 },
  { name: "stalls in one of ten steps", drift: 0, stalls: 0.1 },
];

/** The p50 and p99 of every value, measured in the order A B B A …; B's are `factor` times as long. */
function experiment({ drift, stalls }: Machines, values: number, factor: number, random: Random): Sample[] {
  const samples = Array.from({ length: values }, (_, value) =>
    (["p50", "p99"] as const).map((percentile) => ({
      name: `${value} ${percentile}`,
      percentile,
      a: [] as number[],
      b: [] as number[],
    })),
  );
  const order = Array.from({ length: LEAST_STEPS }, (_, pair) =>
    pair % 2 === 0 ? ["a", "b"] : ["b", "a"],
  ).flat();
  for (const [time, side] of order.entries()) {
    const grown = 1 + (drift * time) / (order.length - 1);
    for (const percentiles of samples) {
      const stalled = random() < stalls;
      for (const { percentile, a, b } of percentiles) {
        const latency =
          grown * Math.exp(NOISE[percentile] * normal(random)) * (stalled && percentile === "p99" ? 100 : 1);
        if (side === "a") a.push(latency);
        else b.push(factor * latency);
      }
    }
  }
  return samples.flat();
}

const anyDiffers = (samples: Sample[]) => testDifferences(samples).some(({ differs }) => differs);

function count(times: number, happens: (random: Random) => boolean, seed: number): number {
  let hits = 0;
  for (let time = 0; time < times; time += 1) if (happens(randomOf(seed, time))) hits += 1;
  return hits;
}

function falsePositives(extent: Extent): Row[] {
  const trials = extent.quick ? 200 : 2_000;
  return MACHINES.map((machines, index) =>
    atMost(CHECK, extent, ERROR_RATE, {
      what: `equal systems, ${2 * VALUES} latencies, ${machines.name}: any called different`,
      hits: count(trials, (random) => anyDiffers(experiment(machines, VALUES, 1, random)), index),
      trials,
    }),
  );
}

/** The difference of a p99 for which the design has the stated power, by the true noise. */
function detectableFactor(): number {
  const df = 2 * (LEAST_STEPS - 1);
  const quantiles = studentQuantile(1 - ERROR_RATE / 2, df) + studentQuantile(POWER, df);
  return Math.exp(quantiles * NOISE.p99 * Math.sqrt(2 / LEAST_STEPS));
}

function power(extent: Extent): Row[] {
  const trials = extent.quick ? 200 : 2_000;
  const [steady] = MACHINES as [Machines];
  const factor = detectableFactor();
  const p99Of = (random: Random) => experiment(steady, 1, factor, random).slice(1);
  const doubled = (random: Random) => anyDiffers(experiment(steady, VALUES, 2, random));
  return [
    atLeast(CHECK, extent, 0.75, {
      what: `a p99 that differs by the ${Math.round(100 * (factor - 1))} % of power ${POWER}: found`,
      hits: count(trials, (random) => anyDiffers(p99Of(random)), 10),
      trials,
    }),
    atLeast(CHECK, extent, 0.95, {
      what: `one system twice as slow, ${2 * VALUES} latencies: any found`,
      hits: count(trials, doubled, 11),
      trials,
    }),
  ];
}

/** Rates of wrong and right answers of the comparison (results/compare/significance.ts). */
export const differences: Check = {
  name: CHECK,
  rows: (extent) => [...falsePositives(extent), ...power(extent)],
};
