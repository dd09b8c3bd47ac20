import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Run } from "../../contract/result.ts";
import { networkRun } from "../../test/support/networkRun.ts";
import { sampleEvents, sampleRun } from "../../test/support/sampleRun.ts";
import { buildResults } from "../build.ts";
import { comparisonPage } from "../report/comparisonPage.ts";
import { comparisonText } from "../report/comparisonText.ts";
import { compare } from "./comparison.ts";

describe("a comparison", () => {
  const other = (more: Partial<Run> = {}): Run => ({ ...sampleRun(), run: "other", ...more });
  const slower = () =>
    sampleRun().steps.map((step) => ({
      ...step,
      seconds: step.seconds.map((second) => ({
        ...second,
        latencyMs: { ...second.latencyMs, p99: 3 * (second.latencyMs.p99 ?? 1) },
      })),
    }));

  it("finds no difference between a run and itself", () => {
    const { differences, conditions, errors } = compare([sampleRun(), other()]);
    const [{ knee, latencies } = { knee: undefined, latencies: [] }] = differences;
    assert.deepEqual(
      [conditions, errors, knee?.real, latencies.some(({ real }) => real), latencies.length],
      [[], [], false, false, 6],
    );
  });

  it("finds latencies that are three times as long", () => {
    const [{ latencies } = { latencies: [] }] = compare([
      sampleRun(),
      other({ steps: slower() }),
    ]).differences;
    assert.ok(
      latencies.every(({ real, text }) => real && /\+200 %/.test(text)),
      latencies[0]?.text,
    );
  });

  it("reports different knees when their intervals do not overlap", () => {
    const knee = {
      ...(sampleRun().knee as NonNullable<Run["knee"]>),
      value: 900,
      interval: [850, 1_000] as [number, number],
    };
    const [{ knee: difference } = { knee: undefined }] = compare([sampleRun(), other({ knee })]).differences;
    assert.equal(difference?.real, true);
  });

  it("leaves out steps in which the generator was at its limit", () => {
    const steps = slower().map((step) => ({ ...step, verdict: "generator-bound" as const }));
    assert.deepEqual(compare([sampleRun(), other({ steps })]).differences[0]?.latencies, []);
  });

  it("lists every condition in which the runs differ", () => {
    const conditions = structuredClone(sampleRun().conditions);
    conditions.workload.acks = 1;
    const comparison = compare([sampleRun(), other({ conditions })]);
    assert.deepEqual(comparison.conditions, [{ what: "workload.acks", values: ["all", "1"] }]);
    assert.match(comparisonText(comparison), /workload\.acks: all \| 1/);
    assert.match(comparisonPage(comparison), /workload\.acks/);
  });

  it("says why runs cannot be compared: other SLO, other variable, no latency", () => {
    const found = compare([
      sampleRun(),
      other({ slo: { ...sampleRun().slo, p99Ms: 5 }, knee: null, steps: [] }),
    ]).errors.join("; ");
    assert.match(
      found,
      /other has no step with a latency; the runs have different SLOs; the runs vary different settings: producers, none/,
    );
  });

  it("says whether the networks differ", () => {
    assert.match(
      comparisonText(compare([networkRun(4), networkRun(4, 3)])),
      /differs: network: overlay round trip 0\.4 ms and 3 ms/,
    );
    assert.match(comparisonText(compare([networkRun(4), networkRun(4)])), /within noise: network: /);
    assert.doesNotMatch(comparisonText(compare([buildResults(sampleEvents()), networkRun(4)])), /network: /);
  });
});
