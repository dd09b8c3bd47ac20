import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsOf, ticksOf } from "./idle.ts";

describe("the busy share of a machine", () => {
  it("counts neither idle time nor time that was waited for I/O or stolen", () => {
    assert.deepEqual(ticksOf("cpu  10 1 5 80 4 2 3 7 0 0\ncpu0 1 1 1 1\n"), { busy: 21, all: 112 });
  });
});

describe("a scenario's settings", () => {
  it("are given by their paths", () => {
    const settings = settingsOf("cluster-3");
    assert.equal(settings["testbed.perNode.node2.role"], "broker");
    assert.equal(settings["kafka.brokers"], "3");
    assert.equal(settings["benchmark.sweep.producers[0]"], "10");
  });
});
