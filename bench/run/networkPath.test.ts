import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { between, names, pair } from "../../test/support/samplePairs.ts";
import { oneWayMs } from "./networkPath.ts";

describe("a message's time on the network", () => {
  const pairs = [
    ...between(names(3), 0.4),
    pair("node1", "node4", "overlay", 2),
    pair("node2", "node1", "overlay", 1),
  ];

  it("is half a round trip to the broker plus half of one from there", () => {
    const estimate = oneWayMs(pairs, "overlay", {
      producers: ["node3"],
      brokers: ["node2"],
      consumers: ["node3"],
    });
    assert.ok(Math.abs((estimate ?? 0) - 0.4) < 0.001, `${estimate}`);
  });

  it("is 0 within a node, and an average over producers, brokers and consumers", () => {
    const estimate = oneWayMs(pairs, "overlay", {
      producers: ["node2", "node3"],
      brokers: ["node2"],
      consumers: ["node2"],
    });
    assert.ok(Math.abs((estimate ?? 0) - 0.1) < 0.001, `${estimate}`);
  });

  it("is that on the network that brokers and agents use", () => {
    const endpoints = { producers: ["node3"], brokers: ["node2"], consumers: ["node3"] };
    const estimate = oneWayMs(pairs, "host", endpoints);
    assert.ok(Math.abs((estimate ?? 0) - 0.2) < 0.001, `${estimate}`);
  });

  it("is unknown if a round trip is missing, or there are no producers", () => {
    assert.equal(
      oneWayMs(pairs, "overlay", { producers: ["node9"], brokers: ["node2"], consumers: ["node2"] }),
      null,
    );
    assert.equal(
      oneWayMs(pairs, "overlay", { producers: [], brokers: ["node2"], consumers: ["node2"] }),
      null,
    );
  });
});
