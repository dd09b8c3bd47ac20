import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Resource, Saturated } from "../contract/resources.ts";
import type { MeasuredStep } from "../contract/result.ts";
import { sampleEvents, sampleRun, sampleStep } from "../test/support/sampleRun.ts";
import { buildResults } from "./build.ts";
import { limitAround, limitOf } from "./limit.ts";
import { amountText, ownCostSentence, sharedMachineSentence } from "./resourceText.ts";
import { kneeSentence } from "./sentences.ts";
import { summaryOf } from "./summary.ts";

const entry = (resource: Resource, more: Partial<Saturated> = {}): Saturated => ({
  resource,
  place: "broker-1",
  text: `the ${resource} of broker-1`,
  value: 0.48,
  limit: 0.5,
  unit: "CPUs",
  ...more,
});
let number = 0;
function step(producers: number, verdict: MeasuredStep["verdict"], ...saturated: Resource[]): MeasuredStep {
  number += 1;
  return { ...sampleStep(number, producers, 3, verdict), saturated: saturated.map((each) => entry(each)) };
}
const resource = (steps: MeasuredStep[], met: number | null) =>
  limitAround(steps, "producers", met)?.resource;

describe("the limit beyond a knee", () => {
  it("is what was saturated in the steps that missed the SLO just above it", () => {
    const steps = [
      step(100, "ok", "disk"),
      step(400, "slo-missed", "network"),
      step(200, "slo-missed", "broker-cpu", "request-handlers"),
    ];
    const limit = limitAround(steps, "producers", 100);
    assert.deepEqual(limit, {
      resource: "broker-cpu",
      text: "the limit is the broker-cpu of broker-1 (0.48 of 0.5 CPUs); also saturated: request handler threads",
    });
  });

  it("is what most trials of a value agree on: one disturbed trial does not decide", () => {
    const steps = [
      step(200, "slo-missed", "disk", "machine-cpu"),
      step(200, "slo-missed", "machine-cpu"),
      step(200, "slo-missed", "machine-cpu"),
      step(200, "ok", "disk"),
    ];
    assert.equal(resource(steps, 100), "machine-cpu");
  });

  it("is looked for further above, then at the knee itself", () => {
    const at = step(100, "ok", "request-handlers");
    const unknown = step(150, "slo-missed");
    assert.equal(resource([at, unknown, step(200, "generator-bound", "generator")], 100), "generator");
    assert.equal(resource([at, unknown], 100), "request-handlers");
  });

  it("says so if nothing was saturated, and is null if nothing missed the SLO or nothing was measured", () => {
    const none = limitAround([step(100, "ok"), step(150, "slo-missed")], "producers", 100);
    assert.deepEqual([none?.resource, none?.text], [null, "none of the measured resources was saturated"]);
    assert.equal(limitAround([step(100, "ok")], "producers", 100), null);
    const { saturated: _, ...old } = step(150, "slo-missed", "disk");
    assert.equal(limitAround([old], "producers", 100), null);
  });

  it("is what limited the first value if no value met the SLO", () => {
    assert.equal(
      resource([step(50, "slo-missed", "broker-throttled"), step(100, "slo-missed", "disk")], null),
      "broker-throttled",
    );
  });

  it("says that the limit is not Kafka if it is not", () => {
    const text = (saturated: Resource) =>
      limitAround([step(200, "slo-missed", saturated)], "producers", 100)?.text;
    assert.match(text("machine-cpu") ?? "", /CPUs\), not Kafka$/);
    assert.match(text("broker-cpu") ?? "", /CPUs\)$/);
  });
});

describe("a run's limit", () => {
  const LIMIT = "the limit is this machine's CPUs, which brokers and agents share (1.9 of 2 CPUs), not Kafka";

  it("is in run.json, in the sentence about the knee and in the stack's output", () => {
    const run = buildResults(sampleEvents());
    assert.deepEqual(run.knee?.limit, { resource: "machine-cpu", text: LIMIT });
    assert.ok(
      kneeSentence(run).includes(`(90 % interval 480 to 620); beyond that ${LIMIT}; 500 producers met`),
    );
    assert.ok(summaryOf(run, "runs/x").knee.includes(LIMIT));
  });

  it("is known without a knee too: beyond the largest value that met the SLO", () => {
    const run = { ...sampleRun(), knee: null, searchReason: "maxSteps, 6, was reached" };
    assert.equal(limitOf(run), null, "the run did not search");
    const benchmark = { search: { variable: "producers" } };
    const searched = { ...run, conditions: { ...run.conditions, benchmark } };
    assert.equal(kneeSentence(searched), `no knee: maxSteps, 6, was reached; ${LIMIT}`);
  });
});

describe("the sentences about resources", () => {
  it("write amounts with their unit and limit", () => {
    const texts = [
      entry("broker-cpu"),
      entry("request-handlers", { value: 0.21, limit: 0.3, unit: "idle" }),
      entry("disk", { value: 0.42, limit: 0.3, unit: "time" }),
      entry("network", { value: 9e8, limit: 1e9, unit: "bit/s" }),
      entry("generator", { value: 12, limit: 10, unit: "ms" }),
    ].map(amountText);
    assert.deepEqual(texts, [
      "0.48 of 0.5 CPUs",
      "21 % idle, less than 30 %",
      "42 % of the time, limit 30 %",
      "900 Mbit/s of 1 Gbit/s",
      "12 ms, limit 10 ms",
    ]);
  });

  it("warn about absolute numbers only if brokers and agents shared a machine", () => {
    assert.equal(
      sharedMachineSentence(sampleRun()),
      "brokers and agents shared a machine with 2 CPUs (node1, node2 are one machine): absolute numbers hold only for this machine",
    );
    const apart = sampleRun();
    for (const { resources } of apart.steps)
      for (const machine of resources?.machines ?? []) machine.agents = [];
    assert.equal(sharedMachineSentence(apart), undefined);
  });

  it("say what the benchmark itself used", () => {
    assert.equal(
      ownCostSentence(sampleRun()),
      "besides its agents, the benchmark itself used 0.04 CPUs for the runner and 0.01 CPUs for the probes: 2.5 % of all CPUs",
    );
    assert.equal(ownCostSentence({ steps: [] }), undefined);
  });
});
