import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LatencyHistogram } from "./histogram.ts";

const latencies = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 400 });
const histogramOf = (values: readonly number[], digits?: 2 | 3) => {
  const histogram = new LatencyHistogram(digits);
  for (const value of values) histogram.record(value);
  return histogram;
};
/** By HdrHistogram's definition: the smallest value such that this percentage of the samples is not larger. */
const exactMs = (values: readonly number[], percent: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number) / 1_000;
};

/** The generator of Park and Miller (1988): numbers from 0 to below 1, the same for the same seed. */
const randomOf = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

describe("a histogram of latencies", () => {
  it("has the percentiles of an exact sort, to three digits, also when merged from encoded parts", () => {
    fc.assert(
      fc.property(
        fc.array(latencies, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(50, 90, 99, 99.9),
        (parts, percent) => {
          const merged = new LatencyHistogram();
          for (const part of parts) merged.addEncoded(histogramOf(part).encode());
          const exact = exactMs(parts.flat(), percent);
          const actual = merged.percentileMs(percent) as number;
          assert.ok(Math.abs(actual - exact) <= 0.001 * exact + 0.001, `${actual} for ${exact}`);
          assert.equal(merged.count, parts.flat().length);
        },
      ),
    );
  });

  it("keeps the exact minimum and maximum", () => {
    const { min, max, mean } = histogramOf([1_234_567, 7, 99]).distribution();
    assert.deepEqual([min, max], [0.007, 1_234.567]);
    assert.ok(Math.abs((mean ?? 0) - 411.56) < 0.5);
  });

  it("keeps samples below zero unchanged, and counts them", () => {
    const { count, negative, min, p50, max, mean } = histogramOf([-5, 3, -1]).distribution();
    assert.deepEqual([count, negative, min, p50, max, mean], [3, 2, -0.005, -0.001, 0.003, -0.001]);
  });

  it("has the percentiles of an exact sort on both sides of zero, also after encoding", () => {
    const values = fc.array(fc.integer({ min: -2_000_000, max: 2_000_000 }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, fc.constantFrom(1, 10, 50, 90, 99), (samples, percent) => {
        const decoded = new LatencyHistogram();
        decoded.addEncoded(histogramOf(samples).encode());
        const exact = exactMs(samples, percent);
        const actual = decoded.percentileMs(percent) as number;
        assert.ok(Math.abs(actual - exact) <= 0.001 * Math.abs(exact) + 0.001, `${actual} for ${exact}`);
        assert.equal(decoded.negative, samples.filter((each) => each < 0).length);
      }),
    );
  });

  it("shifted by a time has every sample shifted by it, also across zero", () => {
    const values = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.integer({ min: -60_000, max: 60_000 }), (samples, us) => {
        const moved = histogramOf(samples).shifted(us);
        assert.equal(moved.count, samples.length);
        for (const percent of [1, 50, 99]) {
          const exact = exactMs(
            samples.map((each) => each + us),
            percent,
          );
          const slack = 0.001 * Math.abs(exact) + 0.001 * 100 + 0.002; // the width of its previous bucket
          assert.ok(Math.abs((moved.percentileMs(percent) as number) - exact) <= slack);
        }
      }),
    );
  });

  it("gives a confidence interval of the median: 95 of 100 intervals contain the true one", () => {
    const random = randomOf(7);
    const has = Array.from({ length: 300 }, () => {
      const samples = Array.from({ length: 101 }, () => Math.round(100_000 * -Math.log(1 - random())));
      const [low, high] = histogramOf(samples).medianIntervalMs() as [number, number];
      return low <= 100 * Math.LN2 && high >= 100 * Math.LN2;
    }).filter(Boolean).length;
    assert.ok(has >= 0.92 * 300, `${has} of 300`);
  });

  it("counts samples beyond its range at the end of the range, and drops none", () => {
    const histogram = histogramOf([10, 3_600_000_000]);
    assert.deepEqual([histogram.count, histogram.beyond], [2, 1]);
    assert.equal(histogram.distribution().max, 3_600_000);
  });

  it("has no percentile if it is empty, instead of a zero", () => {
    const { count, p50, p99, max, min } = new LatencyHistogram().distribution();
    assert.deepEqual([count, p50, p99, max, min], [0, null, null, null, null]);
  });

  it("is empty after a reset", () => {
    const histogram = histogramOf([-1, 5]);
    histogram.reset();
    assert.deepEqual(histogram.distribution(), new LatencyHistogram().distribution());
  });

  describe("over the messages that were offered", () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 9_950; ms += 1) histogram.record(ms < 9_900 ? 5_000 : 7_000);

    it("ranks missing ones beyond all samples", () => {
      const complete = histogram.distribution(9_950);
      assert.deepEqual([complete.missing, Math.round(complete.p99 ?? 0)], [0, 5]);
      const { p50, p99, missing, count } = histogram.distribution(10_000);
      assert.deepEqual([count, missing], [9_950, 50]);
      assert.deepEqual([Math.round(p50 ?? 0), Math.round(p99 ?? 0)], [5, 7]);
      assert.equal(histogram.distribution(10_000)["p99.9"], null, "50 of 10,000 are missing");
      assert.equal(histogram.distribution()["p99.9"]?.toFixed(0), "7", "of the samples alone");
    });

    it("has no percentile above which fewer than ten messages lie", () => {
      const few = new LatencyHistogram();
      for (let sample = 0; sample < 999; sample += 1) few.record(1_000);
      assert.deepEqual([few.distribution(999).p90, few.distribution(999).p99], [1, null]);
      few.record(1_000);
      assert.deepEqual([few.distribution(1_000).p99, few.distribution(1_000)["p99.9"]], [1, null]);
    });

    it("counts the samples above a latency", () => {
      assert.deepEqual([histogram.countAbove(6), histogram.countAbove(8)], [51, 0]);
    });
  });
});
