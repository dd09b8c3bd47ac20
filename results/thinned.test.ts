import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Second } from "../contract/result.ts";
import { sampleRun, sampleStep } from "../test/support/sampleRun.ts";
import { spanOf, thinned, withThinnedSeconds } from "./thinned.ts";

/** 86,400 seconds, of which one has a slow message; the first thousand are warm-up. */
function day(): Second[] {
  const [second] = sampleStep(1, 100, 2).seconds as [Second];
  return Array.from({ length: 86_400 }, (_, index) => ({
    ...second,
    at: 1_000 + index,
    measured: index >= 1_000,
    latencyMs: {
      ...second.latencyMs,
      max: index === 43_210 ? 9_999 : 50,
      p99: index === 43_210 ? 5_000 : 20,
    },
  }));
}

describe("thinned seconds", () => {
  it("stand for all seconds, and keep the worst of them", () => {
    const points = thinned(day(), 2_000);
    assert.ok(points.length <= 2_002, `${points.length}`);
    assert.equal(
      points.reduce((sum, point) => sum + spanOf(point), 0),
      86_400,
    );
    assert.equal(Math.max(...points.map(({ latencyMs }) => latencyMs.max ?? 0)), 9_999);
    assert.equal(Math.max(...points.map(({ latencyMs }) => latencyMs.p99 ?? 0)), 5_000);
    assert.equal(points[0]?.offered, 1_000);
  });

  it("are within or outside of the measured time, never both", () => {
    const points = thinned(day(), 100);
    const warmUp = points.filter(({ measured }) => !measured);
    assert.equal(
      warmUp.reduce((sum, point) => sum + spanOf(point), 0),
      1_000,
    );
  });

  it("are the same when they are thinned in two rounds, up to their borders", () => {
    const once = thinned(day(), 500);
    const twice = thinned(thinned(day(), 4_000), 500);
    const worst = (points: typeof once) => Math.max(...points.map(({ latencyMs }) => latencyMs.p99 ?? 0));
    assert.equal(worst(once), worst(twice));
  });

  it("leave a short run as it is", () => {
    const run = sampleRun();
    assert.equal(withThinnedSeconds(run), run);
    const few = withThinnedSeconds(run, 12);
    assert.ok(few.steps.every((step) => step.seconds.length < 14));
  });
});
