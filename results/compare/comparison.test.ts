import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Knee, Run } from "../../contract/result.ts";
import { networkRun } from "../../test/support/networkRun.ts";
import { replicated } from "../../test/support/replicates.ts";
import { sampleEvents, sampleRun } from "../../test/support/sampleRun.ts";
import { buildResults } from "../build.ts";
import { comparisonPage } from "../report/comparisonPage.ts";
import { comparisonText } from "../report/comparisonText.ts";
import { compare } from "./comparison.ts";

describe("a comparison", () => {
  const other = (more: Partial<Run> = {}): Run => ({ ...sampleRun(), run: "other", ...more });

  it("finds no difference between a run and itself, and says what it could have found", () => {
    const { differences, conditions, errors } = compare([replicated(sampleRun()), replicated(other())]);
    const [{ knee, latencies } = { knee: undefined, latencies: [] }] = differences;
    assert.deepEqual(
      [conditions, errors, knee?.differs, latencies.some(({ differs }) => differs), latencies.length],
      [[], [], false, false, 12],
    );
    for (const { text } of latencies)
      assert.match(
        text,
        /5 and 5 steps; a difference of \S+ % would have been found with a probability of 0\.8\)$/,
      );
  });

  it("finds latencies that are three times as long", () => {
    const [{ latencies } = { latencies: [] }] = compare([
      replicated(sampleRun()),
      replicated(other(), 3),
    ]).differences;
    assert.ok(
      latencies.every(({ differs, text }) => differs && /\+200 %, p .*, 5 and 5 steps\)$/.test(text)),
      latencies[0]?.text,
    );
  });

  it("cannot tell anything from single steps, however far apart they are", () => {
    const slow = replicated(sampleRun(), 30);
    const single = { ...slow, steps: slow.steps.slice(0, sampleRun().steps.length) };
    const [{ latencies } = { latencies: [] }] = compare([sampleRun(), single]).differences;
    assert.ok(latencies.length > 0 && latencies.every(({ differs }) => !differs));
    assert.match(latencies[0]?.text ?? "", /\(1 and 1 steps; at least 5 per side are needed\)$/);
    assert.match(comparisonText(compare([sampleRun(), single])), /cannot tell: producers 1: p50 /);
  });

  it("compares the latencies that are corrected for the clocks", () => {
    const ahead = replicated(other());
    for (const step of ahead.steps)
      if (step.state === "measured") step.latencyMs = { ...step.latencyMs, p50: 900, p99: 900 };
    const [difference] = compare([replicated(sampleRun()), ahead]).differences;
    assert.ok(difference?.latencies.every(({ differs }) => !differs));
  });

  it("warns where the runs were not interleaved", () => {
    const runs = [sampleRun(), other()];
    assert.match(comparisonText(compare(runs)), /made one after the other/);
    assert.match(comparisonPage(compare(runs)), /made one after the other/);
    assert.doesNotMatch(comparisonText(compare(runs, { interleaved: true })), /made one after the other/);
  });

  it("reports different knees when their intervals do not overlap", () => {
    const knee = {
      ...(sampleRun().knee as NonNullable<Run["knee"]>),
      value: 900,
      interval: [850, 1_000] as [number, number],
    };
    const [{ knee: difference } = { knee: undefined }] = compare([sampleRun(), other({ knee })]).differences;
    assert.equal(difference?.differs, true);
  });

  it("compares the knees of several searches by their spread, not by their intervals", () => {
    const knees = (...values: number[]) => values.map((value) => ({ ...(sampleRun().knee as Knee), value }));
    const kneeOf = (b: Knee[]) =>
      compare([sampleRun(), other()], { knees: [knees(500, 510, 490, 505, 495), b] }).differences[0]?.knee;
    assert.deepEqual(kneeOf(knees(700, 690, 710, 705, 695))?.differs, true);
    assert.deepEqual(kneeOf(knees(500, 700, 400, 600, 450))?.differs, false);
    assert.match(
      kneeOf(knees(500, 700, 400, 600, 450))?.text ?? "",
      /^knee in producers 500 and .*5 and 5 searches; a/,
    );
  });

  it("leaves out steps in which the generator was at its limit", () => {
    const steps = sampleRun().steps.map((step) => ({ ...step, verdict: "generator-bound" as const }));
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

  it("shows the network that each run used, and says that they differ", () => {
    const onHost = networkRun(4);
    onHost.conditions.settings.network = "host";
    const onOverlay = networkRun(4);
    onOverlay.conditions.settings.network = "overlay";
    const text = comparisonText(compare([onOverlay, onHost]));
    assert.match(text, /warning: brokers and agents use different networks: overlay \| host/);
    assert.match(text, /settings\.network: overlay \| host/);
    assert.match(text, /overlay and host round trip 0\.4 and 0\.2 ms/);
    assert.doesNotMatch(comparisonText(compare([networkRun(4), onHost])), /use different networks/);
  });

  it("shows both networks, which were measured once", () => {
    assert.match(
      comparisonText(compare([networkRun(4), networkRun(4, 3)])),
      /cannot tell: network, measured once in each run: overlay round trip 0\.4 and 3 ms/,
    );
    assert.doesNotMatch(
      comparisonText(compare([buildResults(sampleEvents()), networkRun(4)])),
      /network, measured/,
    );
  });
});
