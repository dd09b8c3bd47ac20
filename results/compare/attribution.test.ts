import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pair } from "../../contract/network.ts";
import type { Distribution, MeasuredStep, Run } from "../../contract/result.ts";
import { between, names } from "../../test/support/samplePairs.ts";
import { type MeasuredRun, sampleRun, sampleStep } from "../../test/support/sampleRun.ts";
import { type Attribution, attributions } from "./attribution.ts";
import { compare, comparisonPage, comparisonText } from "./comparison.ts";

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

/** Its one step, with 100 producers and a p50 of about 4 ms, on three nodes. */
function runWith({
  laterMs = 0,
  rttMs = 0.4,
  beforeMs = rttMs,
  worstMs = rttMs,
  ...clocks
}: Way): MeasuredRun {
  const { clockMs = 0.05, aheadMs = 0 } = clocks;
  const step = structuredClone(STEP);
  const during = between(names(3), rttMs);
  const [, worst] = during as [Pair, Pair];
  worst.rttMs = { ...worst.rttMs, p99: worstMs };
  const changed: MeasuredStep = {
    ...step,
    delayMs: moved(step.delayMs, laterMs + aheadMs),
    correctedDelayMs: clockMs === null ? null : moved(step.delayMs, laterMs),
    clocks: {
      pairs: [],
      boundMs: clockMs,
      errorMs: clockMs === null ? null : clockMs + aheadMs,
    },
    seconds: step.seconds.map((each) => ({ ...each, delayMs: moved(each.delayMs, laterMs + aheadMs) })),
    network: { pairs: during, oneWayMs: rttMs },
  };
  const network = { nodes: names(3), brokers: [], pairs: between(names(3), beforeMs) };
  return { ...structuredClone(RUN), knee: null, steps: [changed], network };
}

function moved(delay: Distribution, ms: number): Distribution {
  return { ...delay, p50: (delay.p50 ?? 0) + ms, p99: (delay.p99 ?? 0) + ms };
}

/** What is said of p50 and p99 where the other run is like this, and the first one as it comes. */
function found(way: Way, first: Way = {}): { p50: Attribution; p99: Attribution } {
  const [p50, p99] = attributions(runWith(first), runWith(way)) as [Attribution, Attribution];
  return { p50, p99 };
}

describe("a difference in delay", () => {
  it("is the network's where the network's share differs by about as much", () => {
    const { p50 } = found({ laterMs: 3.2, rttMs: 3.3 });
    assert.equal(
      p50.text,
      "producers 100: p50 differs by +3.2 ms; the network's share differs by +2.9 ms: the network's",
    );
    assert.equal(p50.owner, "network");
  });

  it("is the network's too where it is the first run's that is slower", () => {
    const { p50 } = found({}, { laterMs: 3.2, rttMs: 3.3 });
    assert.match(p50.text, /differs by -3\.2 ms; the network's share differs by -2\.9 ms: the network's$/);
  });

  it("is not the network's where the share differs by little", () => {
    const { p50 } = found({ laterMs: 3.2, rttMs: 0.6 });
    assert.match(p50.text, /share differs by \+0\.2 ms: not the network's$/);
    assert.equal(p50.owner, "other");
  });

  it("is not the network's where the network is the faster one", () => {
    assert.equal(found({ laterMs: 3.2 }, { rttMs: 3 }).p50.owner, "other");
  });

  it("is the network's in part where half of it is", () => {
    const { p50 } = found({ laterMs: 3.2, rttMs: 2 });
    assert.equal(p50.owner, "part");
    assert.match(p50.text, /the network's in part at least \(48 to 52 % of it\)$/);
  });

  it("is no difference within noise, and nothing is said of it", () => {
    assert.deepEqual(attributions(runWith({}), runWith({ laterMs: 0.01, rttMs: 0.41 })), []);
  });

  it("is looked for at values that both have alone", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.values = { producers: 200 };
    assert.deepEqual(attributions(runWith({}), other), []);
  });

  it("is taken over steps that tell something of the broker alone", () => {
    const other = runWith({ laterMs: 3.2, rttMs: 3.3 });
    for (const step of other.steps) step.verdict = "generator-bound";
    assert.deepEqual(attributions(runWith({}), other), []);
  });
});

describe("whose a difference is cannot be told", () => {
  const untold = (way: Way, why: RegExp) => {
    const { p50 } = found(way);
    assert.equal(p50.owner, "unknown");
    assert.match(p50.text, why);
  };

  it("where both clocks' errors together are larger", () =>
    untold(
      { laterMs: 3.2, rttMs: 3.3, clockMs: 3.2 },
      /p50 differs by \+3\.2 ms: cannot be told: the clock error \(±3\.3 ms\) is larger than the difference$/,
    ));

  it("where nothing is known of the clocks", () =>
    untold(
      { laterMs: 3.2, rttMs: 3.3, clockMs: null },
      /cannot be told: nothing is known of the clocks' error$/,
    ));

  it("where the clocks' error allows of more than one answer", () =>
    untold({ laterMs: 3.2, rttMs: 3.3, clockMs: 1 }, /it may be 68 to \d+ % of the difference$/));

  it("where the network's shares differ by more than the delays", () =>
    untold({ laterMs: 3.2, rttMs: 6 }, /the network's share differs by more than the delay/));

  it("where probes took longer than messages", () =>
    untold({ laterMs: 3.2, rttMs: 8 }, /so probes waited for a CPU$/));

  it("where round trips differ under load alone", () =>
    untold(
      { laterMs: 3.2, rttMs: 3.3, beforeMs: 0.5 },
      /round trips differ by \+2\.9 ms during the load, but by \+0\.1 ms before it: queues, or probes that wait/,
    ));

  it("where a message's way is little of it, and the round trips of fetches may be more", () =>
    untold({ laterMs: 3.2, rttMs: 1 }, /it may be 18 to 39 % of the difference$/));

  it("where it would be nobody's but for replicas that fetch", () => {
    const way = { laterMs: 3.2, rttMs: 0.7 };
    assert.equal(found(way).p50.owner, "other");
    const [a, b] = [runWith({}), runWith(way)];
    for (const step of [...a.steps, ...b.steps]) step.replicationFactor = 3;
    assert.match(attributions(a, b)[0]?.text ?? "", /it may be 9 to 39 % of the difference$/);
  });

  describe("though round trips are alike,", () => {
    const withNetwork = (change: (run: Run) => void) => {
      const other = runWith({ laterMs: 3.2 });
      change(other);
      return attributions(runWith({}), other)[0]?.text ?? "";
    };

    it("where the slower one lost packets", () => {
      const text = withNetwork(({ steps }) => {
        for (const pair of steps[0]?.network?.pairs ?? []) pair.lost = 2;
      });
      assert.match(text, /cannot be told: packets were lost \(1 % against 0 %\)/);
    });

    const slowed = (bitPerSec: number | null) => (run: Run) => {
      for (const pair of run.network?.pairs ?? []) pair.throughputBitPerSec = bitPerSec;
    };

    it("where throughput was not measured", () =>
      assert.match(withNetwork(slowed(null)), /cannot be told: throughput was not measured$/));

    it("where the load comes near the slower one's throughput", () =>
      assert.match(withNetwork(slowed(5e6)), /the load may take 64 % of a link's throughput/));

    it("where messages are so large that it matters what the network carries", () => {
      const text = withNetwork((run) => {
        slowed(1e9)(run);
        for (const step of run.steps) step.messageBytes = 100_000;
      });
      assert.match(text, /a message of this size takes 1\.6 ms longer/);
    });
  });

  it("where one run's network was not measured, before the load or during it", () => {
    const [before, during] = [runWith({ laterMs: 3.2, rttMs: 3.3 }), runWith({ laterMs: 3.2, rttMs: 3.3 })];
    before.network = null;
    for (const step of during.steps) step.network = null;
    for (const other of [before, during]) {
      const [p50] = attributions(runWith({}), other);
      assert.match(p50?.text ?? "", /cannot be told: no network was measured$/);
    }
  });
});

describe("a difference of the p99", () => {
  it("is the network's where all that its tail can be comes to that", () => {
    const { p99 } = found({ laterMs: 60, rttMs: 60, worstMs: 65 });
    assert.equal(p99.owner, "network");
    assert.match(p99.text, /share differs by \+60 to \+65 ms: the network's$/);
  });

  it("is not the network's where even the worst pair's tail is too short", () => {
    assert.equal(found({ laterMs: 30, rttMs: 3, worstMs: 4 }).p99.owner, "other");
  });

  it("is not known to be another's where one pair's tail may hold it", () => {
    const { p99 } = found({ laterMs: 30, rttMs: 3, worstMs: 40 });
    assert.equal(p99.owner, "unknown");
    assert.match(p99.text, /it may be 9 to \d+ % of the difference$/);
  });

  it("is not the network's where messages stay within a node, whatever the others' round trips are", () => {
    const [a, b] = [runWith({}), runWith({ laterMs: 30, worstMs: 40 })];
    for (const { network } of [...a.steps, ...b.steps]) if (network) network.oneWayMs = 0;
    assert.equal(attributions(a, b)[1]?.owner, "other");
  });
});

describe("clocks that are known to be wrong", () => {
  it("make no difference", () => assert.deepEqual(attributions(runWith({}), runWith({ aheadMs: 20 })), []));

  it("hide none: delays count as corrected", () => {
    const { p50 } = found({ laterMs: 3.2, rttMs: 3.3, aheadMs: -3.2 });
    assert.match(p50.text, /p50 differs by \+3\.2 ms;.*: the network's$/);
  });
});

describe("a comparison", () => {
  it("says which differences are the network's, in the terminal and on its page", () => {
    const comparison = compare([runWith({}), runWith({ laterMs: 3.2, rttMs: 3.3 })]);
    const line = /producers 100: p50 differs by \+3\.2 ms; the network.+s share differs by \+2\.9 ms: the/;
    assert.match(comparisonText(comparison), line);
    assert.match(comparisonPage(comparison), line);
  });
});
