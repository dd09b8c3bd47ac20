import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { Run } from "../../contract/result.ts";
import { clockWarnings, marked, needsCorrection } from "../../results/clocks.ts";
import { reportPage } from "../../results/report/html.ts";
import { runTable } from "../../results/report/table.ts";
import { sampleRun, sampleStep } from "../../test/support/sampleRun.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import { correctedLatency, pairClocks, type StepClocks, sameNodeMetrics } from "./clocks.ts";

const SEC = 1e6;
const window = { fromUs: 100 * SEC, toUs: 110 * SEC };
const encoded = (...latenciesUs: number[]) => {
  const histogram = new LatencyHistogram();
  for (const us of latenciesUs) histogram.record(us);
  return histogram.encode();
};
/** Findings about a peer whose clock is ahead by `aheadUs`, ± 100 µs. */
const findings = (peer: string, aheadUs: number): Findings => {
  const at = [99, 105, 111].map((sec) => sec * SEC);
  return {
    peer,
    sent: 3,
    answered: 3,
    minRttUs: 200,
    upper: at.map((atUs) => ({ atUs, us: aheadUs + 100 })),
    lower: at.map((atUs) => ({ atUs, us: aheadUs - 100 })),
  };
};
const consumed = (
  clocks: Findings[],
  latencies: ConsumerTotals["latencies"],
  sameNode: ConsumerTotals["sameNode"] = [],
) => ({ clocks, latencies, sameNode }) as ConsumerTotals;
const step = (totals: ConsumerTotals[], produced: ProducerTotals[] = []): StepClocks => ({
  producers: ["producers.1", "producers.2"],
  consumers: ["consumers.1"],
  produced,
  consumed: totals,
  runner: [findings("producers.1", -7_000)],
  window,
});

describe("the clocks of a step", () => {
  it("are compared by pair: how far a consumer is ahead of a producer, and an agent of the runner", () => {
    const pairs = pairClocks(step([consumed([findings("producers.1", -50_000)], [])]));
    assert.deepEqual(
      pairs.map(({ from, to, offsetMs }) => [from, to, Math.round((offsetMs ?? 0) * 1_000)]),
      [
        ["producers.1", "consumers.1", 50_000],
        ["runner", "producers.1", -7_000],
      ],
    );
    assert.ok(pairs.every(({ boundMs }) => boundMs !== null && boundMs > 0.099 && boundMs < 0.2));
  });

  it("correct each producer's latencies by its own offset", () => {
    const latencies = [
      { source: 0, slice: 0, latency: encoded(52_000) },
      { source: 1, slice: 3, latency: encoded(-18_000) },
    ];
    const clocks = [findings("producers.1", -50_000), findings("producers.2", 20_000)];
    const corrected = correctedLatency(step([consumed(clocks, latencies)]));
    const { min, max, count } = corrected?.latency.distribution() ?? {};
    assert.equal(count, 2);
    for (const ms of [min, max]) assert.ok(Math.abs((ms ?? 0) - 2) < 0.05, `${ms}`);
    assert.ok(corrected && corrected.boundMs > 0.099 && corrected.boundMs < 0.3);
  });

  it("correct nothing if a pair with messages could not be compared", () => {
    const latencies = [{ source: 1, slice: 0, latency: encoded(1_000) }];
    assert.equal(correctedLatency(step([consumed([findings("producers.1", 0)], latencies)])), undefined);
  });
});

describe("messages timed twice", () => {
  const own = (ms: number) =>
    ({ sameNode: encoded(...Array<number>(100).fill(ms * 1_000)) }) as ProducerTotals;
  const oneWay = (ms: number) =>
    consumed([], [], [{ source: 0, latency: encoded(...Array<number>(100).fill(ms * 1_000)) }]);

  it("agree if the clocks do", () => {
    const metrics = sameNodeMetrics({ produced: [own(2)], consumed: [oneWay(2.3)] }, 0.1);
    assert.ok(metrics?.agrees);
  });

  it("disagree if the clocks do, by as much as the clocks", () => {
    const metrics = sameNodeMetrics({ produced: [own(2)], consumed: [oneWay(52)] }, 0.1);
    assert.ok(metrics && !metrics.agrees && Math.abs(metrics.differenceMs - 50) < 0.1);
  });

  it("are not compared if there are few", () => {
    const few = { sameNode: encoded(1_000) } as ProducerTotals;
    assert.equal(sameNodeMetrics({ produced: [few], consumed: [oneWay(2)] }, 0.1), null);
  });
});

describe("a warning about clocks", () => {
  const wrong = () => {
    const sample = sampleStep(2, 50, 60);
    sample.clocks.errorMs = 50.2;
    sample.histogram = encoded(-20_000, -19_000, 5_000, 60_000);
    Object.assign(sample.clocks.pairs[0] ?? {}, { offsetMs: 50, boundMs: 0.2 });
    sample.correctedLatencyMs = { ...sample.latencyMs, p50: 2, p99: 9 };
    sample.sameNode = {
      ...(sample.sameNode as object),
      agrees: false,
      differenceMs: 49,
    } as typeof sample.sameNode;
    return sample;
  };

  it("is not given if they agree", () => {
    const good = sampleStep(1, 50, 2);
    assert.equal(needsCorrection(good), false);
    assert.deepEqual(clockWarnings([good], 100), []);
  });

  it("has the offset, the result of the second measurement and that of the SLO after correction", () => {
    const [offset = "", twice = "", turned = ""] = clockWarnings([wrong()], 100);
    assert.match(
      offset,
      /^step 2: the clock of consumers\.1 is 50 ms ahead of that of producers\.1 \(± 0\.2 ms\).*corrected p50 2 ms/,
    );
    assert.match(twice, /the same messages took .* difference of 49 ms/);
    assert.match(turned, /the corrected p99 of 9 ms meets the SLO, but .* misses it/);
  });

  it("marks a percentile that is not larger than their error", () => {
    assert.deepEqual(
      [marked(0.1, 0.2), marked(0.3, 0.2), marked(null, 0.2), marked(1, null)],
      ["0.1*", "0.3", "-", "1"],
    );
  });

  it("is in table and report, with corrected latencies beside the measured ones", () => {
    const run: Run = { ...sampleRun(), steps: [wrong()] };
    assert.match(runTable(run), /p99 corr\./);
    const page = reportPage(run);
    assert.match(page, /<h2>Clocks<\/h2>/);
    assert.match(page, /consumers\.1/);
    assert.doesNotMatch(runTable(sampleRun()), /corr\./);
  });
});
