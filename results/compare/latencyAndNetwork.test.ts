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

interface RunSettings {
  /** How much longer every message takes, ms. */
  laterMs?: number;
  /** Round trip in the overlay during the load, ms; a message's path is two halves of it. */
  rttMs?: number;
  beforeMs?: number;
  /** p99 round trip of the worst pair during the load, ms. */
  worstMs?: number;
  /** null: the clocks could not be compared. */
  clockMs?: number | null;
  /** How far the consumers' clocks are ahead, ms; the correction accounts for it. */
  aheadMs?: number;
}

// Their histograms take long to make.
const [RUN, STEP] = [sampleRun(), sampleStep(1, 100, 4)];

/** A run of five equal steps, with 100 producers and a p50 of about 4 ms, on three nodes. */
function runWith({
  laterMs = 0,
  rttMs = 0.4,
  beforeMs = rttMs,
  worstMs = rttMs,
  ...clocks
}: RunSettings): Run {
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

/** The differences of p50 and p99 between the run `first` (by default the sample run) and the run `second`. */
function differences(
  second: RunSettings,
  first: RunSettings = {},
): { p50: LatencyAndNetwork; p99: LatencyAndNetwork } {
  const [p50, p99] = differing(runWith(first), runWith(second)) as [LatencyAndNetwork, LatencyAndNetwork];
  return { p50, p99 };
}

const differing = (a: Run, b: Run) => latencyAndNetwork(a, b, differencesOf(a, b, [[], []]).latencies);

/** The p50 as text. The p99 of the sample is too large for a few milliseconds to matter. */
const textOf = (second: RunSettings, first: RunSettings = {}) =>
  sideBySideText(differences(second, first).p50);
const rounded = (bounds: readonly number[] | undefined) => bounds?.map((ms) => Math.round(10 * ms) / 10);

describe("a difference in latency", () => {
  it("is shown with the difference of the network, and the bounds of both", () => {
    assert.equal(
      textOf({ laterMs: 3.2, rttMs: 3.3, beforeMs: 2.4 }),
      "producers 100: p50 latency +3.2 ms (clock error ±0.1 ms), network +2.9 ms (round trips +2 ms before the load, +2.9 ms during it)",
    );
  });

  it("is negative, like that of the network, if the first run is slower", () => {
    assert.match(textOf({}, { laterMs: 3.2, rttMs: 3.3 }), /p50 latency -3\.2 ms .*, network -2\.9 ms /);
  });

  it("keeps its sign when the networks differ in the other direction", () => {
    assert.match(textOf({ laterMs: 3.2 }, { rttMs: 3 }), /p50 latency \+3\.2 ms .*, network -2\.6 ms /);
  });

  it("is left out if the test did not find it", () => {
    assert.deepEqual(differing(runWith({}), runWith({ laterMs: 0.001, rttMs: 0.41 })), []);
  });

  it("is computed only for values that both runs have", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.values = { producers: 200 };
    assert.deepEqual(differing(runWith({}), other), []);
  });

  it("is computed only from steps that say something about the broker", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.verdict = "generator-bound";
    assert.deepEqual(differing(runWith({}), other), []);
  });

  it("has network bounds from the smallest to the largest of all trials", () => {
    const [trial, longer] = [runWith({ laterMs: 3.2, rttMs: 3.3 }), runWith({ laterMs: 3.2, rttMs: 4.3 })];
    const [p50] = differing(runWith({}), { ...trial, steps: [...trial.steps, ...longer.steps] });
    assert.deepEqual(rounded(p50?.network?.wayMs), [2.9, 3.9]);
  });
});

describe("the notes on a difference", () => {
  it("say that the clock error is larger than the difference", () =>
    assert.match(
      textOf({ laterMs: 3.2, rttMs: 3.3, clockMs: 3.2 }),
      /latency \+3\.2 ms \(clock error ±3\.3 ms\), .*; the clock error \(±3\.3 ms\) is larger than the difference$/,
    ));

  it("say that the clock error is unknown", () =>
    assert.match(
      textOf({ laterMs: 3.2, rttMs: 3.3, clockMs: null }),
      /\(clock error unknown\), network \+2\.9 ms .*; the clock error is unknown$/,
    ));

  it("say that probes took longer than messages", () =>
    assert.match(textOf({ laterMs: 3.2, rttMs: 8 }), /so probes waited for a CPU$/));

  it("are absent when there is nothing to say", () =>
    assert.deepEqual(differences({ laterMs: 3.2, rttMs: 3.3 }).p50.notes, []));

  it("say that the network of a run was not measured before or during the load", () => {
    const [before, during] = [runWith({ laterMs: 3.2, rttMs: 3.3 }), runWith({ laterMs: 3.2, rttMs: 3.3 })];
    before.network = null;
    for (const step of during.steps) step.network = null;
    for (const other of [before, during]) {
      const [p50] = differing(runWith({}), other);
      assert.equal(p50?.network, null);
      assert.match(
        p50 ? sideBySideText(p50) : "",
        /latency \+3\.2 ms \(clock error ±0\.1 ms\); the network was not measured$/,
      );
    }
  });
});

describe("the network's part of a p99 difference", () => {
  it("lies between the path of a message and the tail of the worst pair", () => {
    const { p99 } = differences({ laterMs: 60, rttMs: 60, worstMs: 65 });
    assert.deepEqual(rounded(p99.network?.wayMs), [59.6, 64.6]);
    assert.match(sideBySideText(p99), /, network \+60 to \+65 ms /);
  });

  it("is zero when messages stay within a node, for any round trips of other pairs", () => {
    const [a, b] = [runWith({}), runWith({ laterMs: 30, worstMs: 40 })];
    for (const { network } of [...a.steps, ...b.steps]) if (network) network.oneWayMs = 0;
    assert.deepEqual(differing(a, b)[1]?.network?.wayMs, [0, 0]);
  });
});

describe("clocks that are wrong by a known offset", () => {
  it("cause no difference", () => assert.deepEqual(differing(runWith({}), runWith({ aheadMs: 20 })), []));

  it("hide no difference, because corrected latencies are compared", () =>
    assert.match(textOf({ laterMs: 3.2, rttMs: 3.3, aheadMs: -3.2 }), /p50 latency \+3\.2 ms /));
});

describe("a comparison", () => {
  it("shows latency and network side by side, in the terminal and on its page", () => {
    const comparison = compare([runWith({}), runWith({ laterMs: 3.2, rttMs: 3.3 })]);
    assert.match(
      comparisonText(comparison),
      /latency and network side by side:\n +producers 100: p50 latency \+3\.2 ms .*, network \+2\.9 ms/,
    );
    assert.match(
      comparisonPage(comparison),
      /<td>producers 100<\/td><td>p50<\/td><td>\+3\.2<\/td><td>0\.1<\/td><td>\+2\.9<\/td>/,
    );
  });
});
