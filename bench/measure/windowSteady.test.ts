import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { steadySeconds } from "../../test/support/steadyInput.ts";
import { randomOf } from "../load/random.ts";
import type { SteadyInput } from "./steady.ts";
import { windowSteadiness } from "./windowSteady.ts";

const SLO = { delivered: 0.999, p99Ms: 100 };
const [RATE, WARM_UP_SEC, SECONDS] = [1_000, 8, 20];
const SEEDS = 200;

/**
 * A step of a broker that is a queue: messages at an even rate, exponential service times, and this share of its capacity.
 *
 * @returns whether it was steady, and whether it would be `ok`
 */
function simulatedStep(load: number, seed: number): { steady: boolean; ok: boolean } {
  const random = randomOf(seed, 6);
  const totalSec = WARM_UP_SEC + SECONDS;
  const seconds = Array.from({ length: totalSec }, () => ({ offered: 0, latencies: [] as number[] }));
  let [freeSec, measured, late] = [0, 0, 0];
  for (let message = 0; message < totalSec * RATE; message += 1) {
    const dueSec = message / RATE;
    freeSec = Math.max(freeSec, dueSec) - (Math.log(1 - random()) * load) / RATE;
    const latencyMs = (freeSec - dueSec) * 1_000;
    (seconds[Math.floor(dueSec)] as { offered: number }).offered += 1;
    seconds[Math.floor(freeSec)]?.latencies.push(latencyMs);
    if (dueSec < WARM_UP_SEC) continue;
    measured += 1;
    if (latencyMs > SLO.p99Ms) late += 1;
  }
  let backlog = 0;
  const inputs = seconds.map(({ offered, latencies }): SteadyInput => {
    backlog += offered - latencies.length;
    const sorted = Float64Array.from(latencies).sort();
    return {
      offered,
      delivered: latencies.length,
      backlog,
      p50Ms: sorted[sorted.length >> 1] ?? null,
    };
  });
  const { steady } = windowSteadiness(inputs.slice(WARM_UP_SEC), SLO);
  return { steady, ok: steady && late <= 0.01 * measured };
}

function shares(load: number): { steady: number; ok: number } {
  const steps = Array.from({ length: SEEDS }, (_, seed) => simulatedStep(load, seed));
  const share = (key: "steady" | "ok") => steps.filter((step) => step[key]).length / SEEDS;
  return { steady: share("steady"), ok: share("ok") };
}

describe("the check of the measured time", () => {
  it("passes loads that no broker can sustain as ok at most once in ten times", () => {
    for (const load of [1.01, 1.02]) {
      const { ok } = shares(load);
      assert.ok(ok <= 0.1, `${ok} of the steps at ${load} of the capacity`);
    }
  });

  it("fails good loads near the capacity at most once in twenty times", () => {
    const { ok, steady } = shares(0.95);
    assert.ok(ok >= 0.95 && steady >= 0.95, `${ok} ok, ${steady} steady`);
  });

  it("sees a backlog that grows by more than the SLO allows to be missing, and none that grows by less", () => {
    const growing = (perSec: number) =>
      steadySeconds(10, (index) => ({
        backlog: 50 + perSec * index + (index % 3),
        delivered: 1_000 - perSec,
      }));
    assert.match(windowSteadiness(growing(5), SLO).reason, /the backlog grew by 5\.\d messages per second/);
    assert.equal(windowSteadiness(growing(0.5), SLO).steady, true);
    assert.equal(windowSteadiness(growing(5), { delivered: 0.99 }).steady, true);
  });

  it("sees that too little was delivered, relative to the SLO", () => {
    const stalled = steadySeconds(10, (index) => (index === 9 ? { delivered: 0, backlog: 1_000 } : {}));
    assert.match(windowSteadiness(stalled, SLO).reason, /9000 of 10000 messages were delivered within/);
    assert.equal(windowSteadiness(stalled, { delivered: 0.5 }).steady, true);
  });

  it("sees a trend of the median latency, up and down, but not in a soak", () => {
    const falling = steadySeconds(10, (index) => ({ p50Ms: 30 - 2 * index }));
    assert.match(windowSteadiness(falling, SLO).reason, /the median latency fell by 1\d\.\d ms/);
    assert.equal(windowSteadiness(falling, SLO, true).steady, true);
    assert.match(
      windowSteadiness(
        steadySeconds(5, (index) => ({ p50Ms: 10 + 5 * index })),
        SLO,
      ).reason,
      /rose/,
    );
  });

  it("is steady below one message per second, and with one burst in ten seconds", () => {
    const one = (index: number, at: number, count: number) =>
      index === at
        ? { offered: count, delivered: count, backlog: 0, p50Ms: 5 }
        : { offered: 0, delivered: 0, backlog: 0, p50Ms: null };
    assert.equal(
      windowSteadiness(
        steadySeconds(10, (index) => one(index, 3, 1)),
        SLO,
      ).steady,
      true,
    );
    assert.equal(
      windowSteadiness(
        steadySeconds(10, (index) => one(index, 7, 100)),
        SLO,
      ).steady,
      true,
    );
    assert.equal(windowSteadiness([], SLO).steady, true);
  });
});
