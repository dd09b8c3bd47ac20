import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { ProducerReport } from "../agent/protocol.ts";
import { Timeline } from "./timeline.ts";

const START = 1_764_000_000;
const none = new LatencyHistogram().encode();
const self = { cpu: 0.1, cpuWait: 0, eventLoopDelayMsP99: 1, memoryMiB: 50, machineCpusBusy: 0.5 };
const totals = { offered: 0, sent: 0, acked: 0, failed: 0, waiting: 0, outstanding: 0 };

function reports(...seconds: number[]): ProducerReport {
  return {
    role: "producer",
    next: 0,
    failed: null,
    idle: true,
    totals,
    seconds: seconds.map((second) => ({
      at: START + second,
      offered: 1,
      sent: 1,
      acked: 1,
      late: 0,
      errors: {},
      ack: none,
      lag: none,
      self,
    })),
  };
}

describe("the seconds of a step", () => {
  const sources = { producers: ["p1", "p2"].map((task) => ({ task, machine: "m" })), consumers: [] };

  it("are ready up to the first that an agent has not reported, which is waited for until its timeout", () => {
    const timeline = new Timeline(START, sources, 1);
    timeline.take("p1", reports(0, 1, 2));
    timeline.take("p2", reports(0, 1));
    assert.equal(timeline.ready(START + 3).length, 2);
    assert.equal(timeline.reportedTo, START + 2);
    timeline.ready(START + 5);
    assert.equal(timeline.reportedTo, START + 2, "the late agent is waited for");
    timeline.ready(START + 6);
    assert.ok(timeline.reportedTo > START + 2, "but only until the timeout");
  });

  it("are marked if they are measured, and returned once", () => {
    const timeline = new Timeline(START, sources, 1);
    timeline.measure(START + 1, START + 3);
    for (const task of ["p1", "p2"]) timeline.take(task, reports(0, 1, 2, 3));
    timeline.ready(START + 4);
    timeline.ready(START + 4);
    assert.deepEqual(
      timeline.seconds.map(({ at, measured, sent }) => [at - START, measured, sent]),
      [
        [0, false, 2],
        [1, true, 2],
        [2, true, 2],
        [3, false, 2],
      ],
    );
  });

  it("are corrected by a report that comes after its timeout", () => {
    const timeline = new Timeline(START, sources, 1);
    timeline.measure(START, START + 3);
    timeline.take("p1", reports(0, 1, 2));
    assert.equal(timeline.ready(START + 8).length, 5, "p2 has timed out");
    assert.deepEqual([timeline.seconds[0]?.offered, timeline.usage().size], [1, 1]);
    timeline.take("p2", reports(0, 1));
    assert.deepEqual(
      timeline.seconds.slice(0, 3).map(({ offered, sent, backlog }) => [offered, sent, backlog]),
      [
        [2, 2, 0],
        [2, 2, 0],
        [1, 1, 0],
      ],
    );
    assert.equal(timeline.usage().size, 2);
  });
});
