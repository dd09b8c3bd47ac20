import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Arrival } from "../../contract/workload.ts";
import { randomOf } from "./random.ts";
import { scheduleOf } from "./schedule.ts";

const times = (arrival: Arrival, rate: number, count: number, ...seed: number[]) => {
  const schedule = scheduleOf(arrival, rate, randomOf(...(seed.length > 0 ? seed : [1])));
  return Array.from({ length: count }, () => schedule.next());
};
const arrivals = fc.constantFrom<Arrival>(
  "constant",
  "poisson",
  { burst: { size: 7 } },
  { ramp: { from: 0.1, over: 5 } },
  { ramp: { from: 1, over: 5 } },
);

describe("a schedule", () => {
  it("never goes back, and is the same for the same seed", () => {
    fc.assert(
      fc.property(
        arrivals,
        fc.double({ min: 0.01, max: 10_000, noNaN: true }),
        fc.nat(),
        (arrival, rate, seed) => {
          const one = times(arrival, rate, 200, seed);
          assert.deepEqual(
            one,
            [...one].sort((a, b) => a - b),
          );
          assert.ok((one[0] as number) >= 0);
          assert.deepEqual(one, times(arrival, rate, 200, seed));
        },
      ),
    );
  });

  it("of constant arrivals does not drift: message k is due k periods after the first", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 10_000, noNaN: true }), (rate) => {
        const one = times("constant", rate, 10_000);
        const expected = (one[0] as number) + (9_999 * 1e6) / rate;
        assert.ok(Math.abs((one[9_999] as number) - expected) < 1e-6 * expected + 1e-3);
      }),
    );
  });

  it("has a different phase for each producer, within the first period", () => {
    const phases = Array.from(
      { length: 200 },
      (_, index) => times("constant", 10, 1, 1, 1, index)[0] as number,
    );
    assert.ok(phases.every((phase) => phase >= 0 && phase < 100_000));
    const quarters = [0, 1, 2, 3].map(
      (quarter) => phases.filter((phase) => Math.floor(phase / 25_000) === quarter).length,
    );
    assert.ok(
      quarters.every((count) => count > 25),
      String(quarters),
    );
  });

  it("of Poisson arrivals has exponential times between messages, with the requested mean", () => {
    const one = times("poisson", 100, 20_000);
    const gaps = one.slice(1).map((time, index) => time - (one[index] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    assert.ok(Math.abs(mean - 10_000) < 300, String(mean));
    const longer = gaps.filter((gap) => gap > 10_000).length / gaps.length;
    assert.ok(Math.abs(longer - Math.exp(-1)) < 0.015, String(longer));
  });

  it("of bursts has the messages of a burst at one time, and keeps the mean rate", () => {
    const one = times({ burst: { size: 5 } }, 10, 50);
    for (let burst = 0; burst < 10; burst += 1) {
      assert.equal(new Set(one.slice(burst * 5, burst * 5 + 5)).size, 1);
    }
    assert.equal(Math.round((one[45] as number) - (one[0] as number)), 4_500_000);
  });

  it("of a ramp offers the messages of the area under its rate", () => {
    const one = times({ ramp: { from: 0.2, over: 10 } }, 100, 3_000);
    const until = (second: number) => one.filter((time) => time < second * 1e6).length;
    assert.ok(Math.abs(until(10) - 600) <= 1, String(until(10))); // (20 + 100) / 2 in each of 10 s
    assert.ok(Math.abs(until(5) - 200) <= 1, String(until(5))); // (20 + 60) / 2 in each of 5 s
    assert.ok(Math.abs(until(20) - until(10) - 1_000) <= 1);
  });
});

describe("random numbers", () => {
  it("differ for different components of the seed", () => {
    const first = (...seed: number[]) => randomOf(...seed)();
    const seeds = [[1], [2], [1, 0], [1, 1], [0, 1], [1, 1, 1], [1, 2, 1]];
    assert.equal(new Set(seeds.map((seed) => first(...seed))).size, seeds.length);
  });

  it("are uniform, from 0 to below 1", () => {
    const random = randomOf(3);
    const tenths = new Array(10).fill(0);
    for (let count = 0; count < 10_000; count += 1) tenths[Math.floor(random() * 10)] += 1;
    assert.ok(
      tenths.every((count) => count > 850 && count < 1_150),
      String(tenths),
    );
  });
});
