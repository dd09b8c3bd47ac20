import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Second } from "../contract/result.ts";
import { sampleRun, sampleStep } from "../test/support/sampleRun.ts";
import { reportPage } from "./report/html.ts";
import { runTable } from "./report/table.ts";

describe("a soak", () => {
  const soak = (count: number) => {
    const [second] = sampleStep(1, 10, 2).seconds.filter((each) => each.measured);
    const seconds = Array.from({ length: count }, (_, index) => ({
      ...(second as Second),
      latencyMs: {
        ...(second as Second).latencyMs,
        p50: 2 + index / 3600,
        p99: 9,
      },
      generator: { scheduleLagMsP99: 1, eventLoopDelayMsP99: 1, cpu: 0.2, memoryMiB: 300 - index / 360 },
    }));
    return {
      ...sampleRun(),
      knee: null,
      steps: [{ ...sampleStep(1, 10, 2), phase: "soak" as const, values: {}, seconds }],
    };
  };

  it("shows how much latency and memory drift", () => {
    assert.match(
      runTable(soak(3_600)),
      /drift over 3600 s: p50 2\.5 ms, \+1 ms per hour; p99 9 ms, \+0 ms per hour; memory of the agents 295 MiB, -10 MiB per hour/,
    );
    assert.match(reportPage(soak(3_600)), /Drift over 3600 s/);
  });

  it("that is too short shows no drift", () => assert.doesNotMatch(runTable(soak(20)), /drift/));
});
