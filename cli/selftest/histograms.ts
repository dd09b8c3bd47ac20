// Percentiles of merged and transmitted histograms, against the sorted samples.
import { randomOf } from "../../bench/load/random.ts";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { exponential, normal } from "./random.ts";
import type { Check, Extent, Row } from "./row.ts";

const CHECK = "percentiles";
const PERCENTS = [50, 90, 99, 99.9, 99.99];
/** Three significant digits. */
const LIMIT = 0.001;
/** Histograms that are merged, such as those of agents and slices. */
const PARTS = 10;

const SHAPES: readonly { name: string; latencyUs: (random: () => number) => number }[] = [
  { name: "log-normal", latencyUs: (random) => 5_000 * Math.exp(0.9 * normal(random)) },
  { name: "Pareto tail", latencyUs: (random) => 1_000 * Math.exp(exponential(random) / 1.5) },
  {
    name: "a stall of 2 s in 10 s",
    latencyUs: (random) => (random() < 0.2 ? 2e6 * random() : 3_000) + 500 * random(),
  },
  { name: "clocks that disagree, some below zero", latencyUs: (random) => 4_000 * normal(random) + 2_000 },
];

/** The rank of a percentile, without the rounding error of the product. */
function rankOf(percent: number, count: number): number {
  return Math.ceil(Number(((percent * count) / 100).toFixed(6)));
}

function rowOf({ name, latencyUs }: (typeof SHAPES)[number], index: number, { quick }: Extent): Row {
  const count = quick ? 20_000 : 500_000;
  const random = randomOf(index);
  const samples = new Float64Array(count).map(() => latencyUs(random));
  const merged = new LatencyHistogram();
  for (let part = 0; part < PARTS; part += 1) {
    const histogram = new LatencyHistogram();
    for (let sample = part; sample < count; sample += PARTS) histogram.record(samples[sample] as number);
    merged.addEncoded(histogram.encode());
  }
  samples.sort();
  const errors = PERCENTS.map((percent) => {
    const exactUs = samples[rankOf(percent, count) - 1] as number;
    // Samples are recorded in whole µs.
    const errorUs = Math.max(0, Math.abs((merged.percentileMs(percent) ?? 0) * 1_000 - exactUs) - 1);
    return errorUs / Math.abs(exactUs);
  });
  const worst = Math.max(...errors);
  return {
    check: CHECK,
    what: `${name}: largest error of p50 to p99.99, ${count} samples`,
    measured: `${(100 * worst).toFixed(3)} %`,
    limit: `≤ ${100 * LIMIT} %`,
    pass: merged.count === count && worst <= LIMIT,
  };
}

/** Errors of percentiles (contract/histogram.ts). */
export const histograms: Check = {
  name: CHECK,
  rows: (extent) => SHAPES.map((shape, index) => rowOf(shape, index, extent)),
};
