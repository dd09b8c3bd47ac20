import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BenchPlan } from "../../contract/request.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { conditionsOf, sameLoad, validated } from "./request.ts";

const plan = {
  conditions: { source: "official", images: {}, settings: {}, nodes: [] },
} as unknown as BenchPlan;
const base64 = (text: string) => ({ base64: Buffer.from(text).toString("base64") });
const loadOf = (workload: object = {}, benchmark: object = {}) => ({
  workload: workloadSchema.parse(workload),
  benchmark: benchmarkSchema.parse(benchmark),
});
/** The conditions of a run with this load, as its run.json has them. */
const recorded = (load: ReturnType<typeof loadOf>) =>
  JSON.parse(
    JSON.stringify(conditionsOf(plan, load, { version: "", commit: null, dirty: null, machines: [] })),
  );

describe("a run that is resumed", () => {
  it("continues one of the same load, whatever the order of the keys in its file", () => {
    const load = loadOf({ content: base64("abc"), totalRate: 9 }, { sweep: { producers: [1, 2] } });
    assert.equal(sameLoad(recorded(load), load), true);
    const { workload, benchmark } = recorded(load);
    const reversed = Object.fromEntries(Object.entries(workload).reverse());
    assert.equal(sameLoad({ workload: reversed, benchmark }, load), true);
  });

  it("differs if only the content of the messages differs", () => {
    const earlier = recorded(loadOf({ content: base64("abc") }));
    assert.equal(sameLoad(earlier, loadOf({ content: base64("abd") })), false);
    assert.equal(sameLoad(earlier, loadOf()), false);
    assert.equal(sameLoad(recorded(loadOf()), loadOf({ content: "compressible" })), false);
  });

  it("differs if workload or benchmark differ", () => {
    const earlier = recorded(loadOf());
    assert.equal(sameLoad(earlier, loadOf({ producers: 9 })), false);
    assert.equal(sameLoad(earlier, loadOf({}, { seed: 9 })), false);
  });
});

describe("a file as the messages' content", () => {
  it("cannot be set for one run, because only pulumi up reads it", () => {
    const asked = { workload: { content: { file: "readings.json" } }, benchmark: {} };
    assert.throws(() => validated(asked), /workload\.content\.file: only `pulumi up` reads a file/);
  });
});
