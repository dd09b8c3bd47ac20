import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { oneWayMs } from "../../bench/run/networkPath.ts";
import { ClockSamples } from "../../bench/run/nodeClocks.ts";
import { type MeasuredStep, type Run, runSchema } from "../../contract/result.ts";
import { between, names, pair } from "../../test/support/samplePairs.ts";
import { sampleEvents } from "../../test/support/sampleRun.ts";
import { runOf } from "../build.ts";
import { compare, comparisonText } from "../compare/comparison.ts";
import { reportPage } from "./html.ts";
import { networkSentence, networkShare, overlayCost } from "./networkFigures.ts";
import { runTable } from "./table.ts";

/** The sample run on a network of so many nodes. */
function runOn(count: number, overlayMs = 0.4): Run {
  const pairs = between(names(count), overlayMs);
  const clock = {
    node: "node1",
    kind: "ptpd",
    states: ["SLAVE"],
    samples: 3,
    offsetUs: { median: 1, min: -4, max: 9 },
    pathDelayUs: { median: 15, min: 12, max: 30 },
  };
  const events = sampleEvents().map((event) =>
    event.event === "step"
      ? { ...event, result: { ...event.result, network: { pairs: [], oneWayMs: overlayMs } } }
      : event,
  );
  const [begin, ...rest] = events;
  if (!begin) throw new Error("no events");
  const network = { nodes: names(count), brokers: [{ name: "broker-1", node: "node2" }], pairs };
  return runOf([
    begin,
    { event: "network", at: "2025-11-24T16:00:00.000Z", network },
    { event: "clocks", at: "2025-11-24T16:00:00.000Z", nodes: [clock] },
    ...rest,
  ]);
}

describe("a message's time on the network", () => {
  const pairs = [
    ...between(names(3), 0.4),
    pair("node1", "node4", "overlay", 2),
    pair("node2", "node1", "overlay", 1),
  ];

  it("is half a round trip to the broker and half of one from there", () => {
    const way = oneWayMs(pairs, { producers: ["node3"], brokers: ["node2"], consumers: ["node3"] });
    assert.ok(Math.abs((way ?? 0) - 0.4) < 0.001, `${way}`);
  });

  it("is nothing within a node, and the average over producers, brokers and consumers", () => {
    const way = oneWayMs(pairs, { producers: ["node2", "node3"], brokers: ["node2"], consumers: ["node2"] });
    assert.ok(Math.abs((way ?? 0) - 0.1) < 0.001, `${way}`);
  });

  it("is not known where a figure is missing, or nobody is there", () => {
    assert.equal(oneWayMs(pairs, { producers: ["node9"], brokers: ["node2"], consumers: ["node2"] }), null);
    assert.equal(oneWayMs(pairs, { producers: [], brokers: ["node2"], consumers: ["node2"] }), null);
  });
});

describe("the nodes' clocks", () => {
  const at = (at: number, offset_us: number | null, state = "SLAVE") => ({
    kind: "ptpd",
    state,
    offset_us,
    path_delay_us: 15,
    at,
  });

  it("are what was seen of them, each status once, and nothing of one that nobody writes any more", () => {
    const clocks = new ClockSamples();
    for (const status of [at(0.5, 900), at(1, 5, "LISTENING"), at(2, -3), at(2, -3), at(3, 40), at(4, null)])
      clocks.add("b", status);
    clocks.add("a", null);
    assert.deepEqual(clocks.summary(), [
      { node: "a", kind: null, states: [], samples: 0, offsetUs: null, pathDelayUs: null },
      {
        node: "b",
        kind: "ptpd",
        states: ["LISTENING", "SLAVE"],
        samples: 4,
        offsetUs: { median: 5, min: -3, max: 40 },
        pathDelayUs: { median: 15, min: 15, max: 15 },
      },
    ]);
  });
});

describe("the network's share of the delay", () => {
  const step = (oneWay: number | null, p50: number | null) =>
    ({ network: { pairs: [], oneWayMs: oneWay }, delayMs: { p50 } }) as unknown as MeasuredStep;

  it("is told with both figures", () => assert.equal(networkShare(step(0.2, 2)), "0.2 ms of 2 ms (10 %)"));

  it("is not told as a share where the probes took longer than the messages", () => {
    assert.match(
      networkShare(step(3, 2)) ?? "",
      /at most 3 ms, which is no less than all of 2 ms: probes waited/,
    );
  });

  it("is not known where either is missing", () => {
    assert.equal(networkShare(step(null, 2)), undefined);
    assert.equal(networkShare(step(1, null)), undefined);
  });

  it("of a run is that of the heaviest step that met the SLO", () => {
    assert.match(networkSentence(runOn(3)) ?? "", /of the delay is network \(producers 500;/);
    assert.match(runTable(runOn(3)), /of the delay is network/);
  });
});

describe("the overlay's cost", () => {
  it("is told in round trips and throughput", () => {
    assert.equal(
      overlayCost(between(names(3), 0.4)),
      "the overlay network has a median round trip of 0.4 ms instead of 0.2 ms (+100 %), and a throughput of 6 Gbit/s instead of 10 Gbit/s (-40 %)",
    );
  });

  it("is not told where one of the networks was not measured", () => {
    assert.equal(overlayCost([pair("a", "b", "overlay", 1)]), undefined);
  });
});

describe("the report", () => {
  const rowsOf = (page: string) =>
    page.split("<h2>The network</h2>")[1]?.split("<h2>")[0]?.match(/<tr>/g)?.length ?? 0;

  it("has a matrix of few nodes, the steps and the clocks", () => {
    const run = runOn(3);
    runSchema.parse(JSON.parse(JSON.stringify(run)));
    const page = reportPage(run);
    assert.match(page, /to node3/);
    assert.match(page, /0\.4 \/ 0\.4 ms<br>6 Gbit\/s<br>lost 0 %, MTU 1450/);
    assert.match(page, /<td>ptpd<\/td>/);
    assert.match(page, /The overlay network has a median round trip/);
  });

  it("stays readable with fifty nodes: the median and the worst pairs", () => {
    const page = reportPage(runOn(50));
    assert.doesNotMatch(page, /to node50<\/th>/);
    assert.match(page, /The median of 2450 pairs/);
    assert.ok(rowsOf(page) < 60, `${rowsOf(page)}`);
  });

  it("says why a figure is missing", () => {
    const run = runOn(3);
    const [first] = run.network?.pairs ?? [];
    if (first) first.error = "MTU: tracepath did not reach <the> other node";
    assert.match(
      reportPage(run),
      /host, node1 to node2: MTU: tracepath did not reach &#60;the&#62; other node/,
    );
  });

  it("has no part for the network where nothing measured it", () => {
    assert.doesNotMatch(reportPage(runOf(sampleEvents())), /<h2>The network/);
  });
});

describe("a comparison", () => {
  it("says whether the networks differ", () => {
    assert.match(
      comparisonText(compare([runOn(4), runOn(4, 3)])),
      /differs: network: overlay's round trip 0\.4 against 3 ms/,
    );
    assert.match(comparisonText(compare([runOn(4), runOn(4)])), /within noise: network: /);
    assert.doesNotMatch(comparisonText(compare([runOf(sampleEvents()), runOn(4)])), /network: /);
  });
});
