import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pair } from "../../contract/network.ts";
import type { Distribution, MeasuredStep, Run } from "../../contract/result.ts";
import { between, names } from "../../test/support/samplePairs.ts";
import { sampleRun, sampleStep } from "../../test/support/sampleRun.ts";
import { comparisonPage } from "../report/comparisonPage.ts";
import { comparisonText } from "../report/comparisonText.ts";
import { compare } from "./comparison.ts";
import { differencesOf } from "./difference.ts";
import { type LatencyAndNetwork, latencyAndNetwork, sideBySideText } from "./latencyAndNetwork.ts";

interface Way {
  /** How much longer every message takes. */
  laterMs?: number;
  /** Of the overlay's round trips during the load; two halves of it are a message's way. */
  rttMs?: number;
  beforeMs?: number;
  /** The worst pair's p99 during the load. */
  worstMs?: number;
  /** null: the clocks could not be compared. */
  clockMs?: number | null;
  /** How far the consumers' clocks are ahead, which the correction knows. */
  aheadMs?: number;
}

// Their histograms take long to make.
const [RUN, STEP] = [sampleRun(), sampleStep(1, 100, 4)];

/** A run of five equal steps, with 100 producers and a p50 of about 4 ms, on three nodes. */
function runWith({ laterMs = 0, rttMs = 0.4, beforeMs = rttMs, worstMs = rttMs, ...clocks }: Way): Run {
  const { clockMs = 0.05, aheadMs = 0 } = clocks;
  const step = structuredClone(STEP);
  const during = between(names(3), rttMs);
  const [, worst] = during as [Pair, Pair];
  worst.rttMs = { ...worst.rttMs, p99: worstMs };
  const changed: MeasuredStep = {
    ...step,
    latencyMs: moved(step.latencyMs, laterMs + aheadMs),
    correctedLatencyMs: clockMs === null ? null : moved(step.latencyMs, laterMs),
    clocks: {
      pairs: [],
      boundMs: clockMs,
      errorMs: clockMs === null ? null : clockMs + aheadMs,
    },
    network: { pairs: during, oneWayMs: rttMs },
  };
  const network = { nodes: names(3), brokers: [], pairs: between(names(3), beforeMs) };
  return { ...structuredClone(RUN), knee: null, steps: Array(5).fill(changed), network };
}

function moved(latency: Distribution, ms: number): Distribution {
  return { ...latency, p50: (latency.p50 ?? 0) + ms, p99: (latency.p99 ?? 0) + ms };
}

/** The differences of p50 and p99 between a run as it comes, or as `first` says, and one like `way`. */
function differences(way: Way, first: Way = {}): { p50: LatencyAndNetwork; p99: LatencyAndNetwork } {
  const [p50, p99] = differing(runWith(first), runWith(way)) as [LatencyAndNetwork, LatencyAndNetwork];
  return { p50, p99 };
}

const differing = (a: Run, b: Run) => latencyAndNetwork(a, b, differencesOf(a, b, [[], []]).latencies);

/** Of a p50 alone: the p99 of the sample is too large for a few milliseconds to matter. */
const textOf = (way: Way, first: Way = {}) => sideBySideText(differences(way, first).p50);
const rounded = (bounds: readonly number[] | undefined) => bounds?.map((ms) => Math.round(10 * ms) / 10);

describe("a difference in latency", () => {
  it("stands beside the network's, with the bounds of both", () => {
    assert.equal(
      textOf({ laterMs: 3.2, rttMs: 3.3, beforeMs: 2.4 }),
      "producers 100: p50 latency +3.2 ms (clock error ±0.1 ms), network +2.9 ms (round trips +2 ms before the load, +2.9 ms during it)",
    );
  });

  it("is negative, as the network's is, where the first run is the slower one", () => {
    assert.match(textOf({}, { laterMs: 3.2, rttMs: 3.3 }), /p50 latency -3\.2 ms .*, network -2\.9 ms /);
  });

  it("keeps its sign where the networks differ the other way", () => {
    assert.match(textOf({ laterMs: 3.2 }, { rttMs: 3 }), /p50 latency \+3\.2 ms .*, network -2\.6 ms /);
  });

  it("is no difference within noise, and nothing is said of it", () => {
    assert.deepEqual(differing(runWith({}), runWith({ laterMs: 0.001, rttMs: 0.41 })), []);
  });

  it("is looked for at values that both have alone", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.values = { producers: 200 };
    assert.deepEqual(differing(runWith({}), other), []);
  });

  it("is taken over steps that tell something of the broker alone", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.verdict = "generator-bound";
    assert.deepEqual(differing(runWith({}), other), []);
  });

  it("has a network between the least and the most of all trials", () => {
    const [trial, longer] = [runWith({ laterMs: 3.2, rttMs: 3.3 }), runWith({ laterMs: 3.2, rttMs: 4.3 })];
    const [p50] = differing(runWith({}), { ...trial, steps: [...trial.steps, ...longer.steps] });
    assert.deepEqual(rounded(p50?.network?.wayMs), [2.9, 3.9]);
  });
});

describe("beside both figures it says", () => {
  it("that the clocks' error is larger than the difference", () =>
    assert.match(
      textOf({ laterMs: 3.2, rttMs: 3.3, clockMs: 3.2 }),
      /latency \+3\.2 ms \(clock error ±3\.3 ms\), .*; the clock error \(±3\.3 ms\) is larger than the difference$/,
    ));

  it("that nothing is known of the clocks", () =>
    assert.match(
      textOf({ laterMs: 3.2, rttMs: 3.3, clockMs: null }),
      /\(clock error not known\), network \+2\.9 ms .*; nothing is known of the clocks' error$/,
    ));

  it("that probes took longer than messages", () =>
    assert.match(textOf({ laterMs: 3.2, rttMs: 8 }), /so probes waited for a CPU$/));

  it("nothing where there is nothing to say", () =>
    assert.deepEqual(differences({ laterMs: 3.2, rttMs: 3.3 }).p50.notes, []));

  it("that one run's network was not measured, before the load or during it", () => {
    const [before, during] = [runWith({ laterMs: 3.2, rttMs: 3.3 }), runWith({ laterMs: 3.2, rttMs: 3.3 })];
    before.network = null;
    for (const step of during.steps) step.network = null;
    for (const other of [before, during]) {
      const [p50] = differing(runWith({}), other);
      assert.equal(p50?.network, null);
      assert.match(
        p50 ? sideBySideText(p50) : "",
        /latency \+3\.2 ms \(clock error ±0\.1 ms\); no network was measured$/,
      );
    }
  });
});

describe("the network beside a difference of the p99", () => {
  it("is between a message's way and the worst pair's tail", () => {
    const { p99 } = differences({ laterMs: 60, rttMs: 60, worstMs: 65 });
    assert.deepEqual(rounded(p99.network?.wayMs), [59.6, 64.6]);
    assert.match(sideBySideText(p99), /, network \+60 to \+65 ms /);
  });

  it("is nothing where messages stay within a node, whatever the others' round trips are", () => {
    const [a, b] = [runWith({}), runWith({ laterMs: 30, worstMs: 40 })];
    for (const { network } of [...a.steps, ...b.steps]) if (network) network.oneWayMs = 0;
    assert.deepEqual(differing(a, b)[1]?.network?.wayMs, [0, 0]);
  });
});

describe("clocks that are known to be wrong", () => {
  it("make no difference", () => assert.deepEqual(differing(runWith({}), runWith({ aheadMs: 20 })), []));

  it("hide none: latencies count as corrected", () =>
    assert.match(textOf({ laterMs: 3.2, rttMs: 3.3, aheadMs: -3.2 }), /p50 latency \+3\.2 ms /));
});

describe("a comparison", () => {
  it("has latency and network side by side, in the terminal and on its page", () => {
    const comparison = compare([runWith({}), runWith({ laterMs: 3.2, rttMs: 3.3 })]);
    assert.match(
      comparisonText(comparison),
      /latency beside the network:\n +producers 100: p50 latency \+3\.2 ms .*, network \+2\.9 ms/,
    );
    assert.match(
      comparisonPage(comparison),
      /<td>producers 100<\/td><td>p50<\/td><td>\+3\.2<\/td><td>0\.1<\/td><td>\+2\.9<\/td>/,
    );
  });
});
