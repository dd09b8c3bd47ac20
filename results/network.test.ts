import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MeasuredStep } from "../contract/result.ts";
import { networkRun } from "../test/support/networkRun.ts";
import { between, names, pair } from "../test/support/samplePairs.ts";
import { networkSentence, networkShare, overlayCost, usedNetwork } from "./network.ts";
import { runTable } from "./report/table.ts";

describe("the network's share of the latency", () => {
  const step = (oneWay: number | null, p50: number | null) =>
    ({ network: { pairs: [], oneWayMs: oneWay }, latencyMs: { p50 } }) as unknown as MeasuredStep;

  it("is shown with both values", () => assert.equal(networkShare(step(0.2, 2)), "0.2 ms of 2 ms (10 %)"));

  it("is not a percentage when the probes took longer than the messages", () => {
    assert.match(
      networkShare(step(3, 2)) ?? "",
      /at most 3 ms, which is at least the whole latency of 2 ms: the probes waited/,
    );
  });

  it("is unknown when a value is missing", () => {
    assert.equal(networkShare(step(null, 2)), undefined);
    assert.equal(networkShare(step(1, null)), undefined);
  });

  it("is that of the largest load that met the SLO", () => {
    assert.match(networkSentence(networkRun(3)) ?? "", /of the median latency \(at producers 500;/);
    assert.match(networkSentence(networkRun(3)) ?? "", /half of the overlay round trips/);
    assert.match(runTable(networkRun(3)), /the network takes about .* of the median latency/);
  });
});

describe("the network that brokers and agents used", () => {
  it("is the recorded one, and the overlay in runs that record none", () => {
    const run = networkRun(3);
    assert.equal(usedNetwork(run), "overlay");
    run.conditions.settings.network = "host";
    assert.equal(usedNetwork(run), "host");
    assert.match(networkSentence(run) ?? "", /half of the host round trips from producer to broker/);
  });
});

describe("the cost of the overlay network", () => {
  it("is shown as round trips and throughput", () => {
    assert.equal(
      overlayCost(between(names(3), 0.4)),
      "compared with the host network, the overlay network has a median round trip of 0.4 ms instead of 0.2 ms (+100 %) and a throughput of 6 Gbit/s instead of 10 Gbit/s (-40 %)",
    );
  });

  it("is absent when one of the networks was not measured", () => {
    assert.equal(overlayCost([pair("a", "b", "overlay", 1)]), undefined);
  });
});
