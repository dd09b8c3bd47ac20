import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Run } from "../../contract/result.ts";
import { readCsv } from "../../test/support/readCsv.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { csv, stepsCsv } from "./csv.ts";

describe("a CSV file", () => {
  it("gives back any text and every digit of any number", () => {
    const field = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom('"', ",", "\n", "\r\n", " a ", "a\rb"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, fc.double({ noNaN: true })), { minLength: 1 }), (rows) => {
        const read = readCsv(csv(["text", "number"], rows));
        assert.deepEqual(
          read.map(({ text, number }) => [text, Number(number)]),
          rows.map(([text, number]) => [text, number === 0 ? 0 : number]),
        );
      }),
    );
  });

  it("has an empty field where there is no value", () =>
    assert.equal(csv(["a", "b", "c"], [[null, undefined, false]]), "a,b,c\n,,false\n"));
});

describe("steps.csv", () => {
  const run: Run = sampleRun();
  const [first, second, ...others] = run.steps;

  it("has every step with its values, verdict, counts and percentiles", () => {
    const rows = readCsv(stepsCsv(run));
    const step = sampleRun().steps[4];
    assert.equal(rows.length, 6);
    assert.deepEqual(
      [
        rows[4]?.step,
        rows[4]?.["varied.producers"],
        rows[4]?.verdict,
        rows[4]?.offered,
        rows[4]?.["latencyMs.p99"],
      ],
      ["5", "500", "ok", "50000", String(step?.latencyMs.p99)],
    );
    assert.equal(rows[5]?.reasons, "p99 latency 240.0 ms, above 100 ms");
    assert.ok(!Object.keys(rows[0] ?? {}).some((name) => /histogram|seconds|pairs|^network/.test(name)));
  });

  it("has the steps of the preheat, and failed steps without numbers", () => {
    assert.ok(first && second);
    const preheat = [{ ...first, step: 1, phase: "preheat" as const }];
    const { state: _state, ...common } = second;
    const failed = Object.fromEntries(
      Object.entries(common).filter(([name]) => ["step", "phase", "values", "startedAt"].includes(name)),
    );
    const steps = [
      { ...failed, state: "failed", verdict: "failed", reasons: ["no agent", "no broker"] },
      ...others,
    ] as unknown as Run["steps"];
    const rows = readCsv(stepsCsv({ ...run, preheat, steps }));
    assert.deepEqual([rows[0]?.phase, rows[0]?.offered], ["preheat", "100"]);
    assert.deepEqual(
      [rows[1]?.verdict, rows[1]?.reasons, rows[1]?.offered],
      ["failed", "no agent; no broker", ""],
    );
  });
});
