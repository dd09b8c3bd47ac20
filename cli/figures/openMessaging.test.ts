import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { keptByOpenMessaging } from "./openMessaging.ts";

const kept = (...latenciesUs: number[]) => {
  const histogram = new LatencyHistogram();
  for (const us of latenciesUs) histogram.record(us);
  return keptByOpenMessaging(histogram);
};
const about = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 0.005, `${value}, expected ${expected}`);

describe("the rule of OpenMessaging Benchmark", () => {
  it("keeps of latencies below a millisecond only those during which the millisecond changes, as 1 ms", () => {
    const { share, p50, p99 } = kept(...Array.from({ length: 1_000 }, () => 300));
    about(share, 0.3);
    assert.deepEqual([p50, p99], [1, 1]);
  });

  it("reports the median of the samples that are left, not of all", () => {
    // Two of three messages take 0.1 ms, one takes 8 ms: the median is 0.1 ms.
    const { share, p50 } = kept(
      ...Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? 8_000 : 100)),
    );
    about(share, (1 + 2 * 0.1) / 3);
    assert.equal(p50, 8);
  });

  it("agrees with a simulation of two clocks that show whole milliseconds", () => {
    const latencies = Array.from({ length: 20_000 }, (_, index) => 50 + ((index * 7_919) % 3_000));
    const shown = latencies.map((us, index) => {
      const sentUs = (index * 104_729) % 1_000_000;
      return Math.floor((sentUs + us) / 1_000) - Math.floor(sentUs / 1_000);
    });
    const left = shown.filter((ms) => ms > 0).sort((a, b) => a - b);
    const { share, p50 } = kept(...latencies);
    assert.ok(Math.abs(share - left.length / shown.length) < 0.01);
    assert.equal(p50, left[Math.floor(left.length / 2)]);
  });

  it("keeps nothing of nothing", () => assert.deepEqual(kept(), { share: 0, p50: null, p99: null }));
});
