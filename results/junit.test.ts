import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import type { Run } from "../contract/result.ts";
import { meetsSlo, STEP_VERDICTS, type StepVerdict, worstVerdict } from "../contract/verdicts.ts";
import { replicated } from "../test/support/replicates.ts";
import { type MeasuredRun, sampleEvents, sampleRun, sampleStep } from "../test/support/sampleRun.ts";
import { buildResults } from "./build.ts";
import { compare, isWorse } from "./compare/comparison.ts";
import { junitOfComparison, junitOfRun } from "./junit.ts";

interface Case {
  name: string;
  outcome: string;
  message: string;
}
interface Report {
  counts: Record<string, number>;
  cases: Case[];
}

/** Reads JUnit XML. @throws Error if it is not well-formed */
function read(text: string): Report {
  const report: Report = { counts: {}, cases: [] };
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const given = attributes as Record<string, string>;
    if (name === "testsuite")
      for (const key of ["tests", "failures", "errors", "skipped"]) report.counts[key] = Number(given[key]);
    const last = report.cases.at(-1);
    if (name === "testcase") report.cases.push({ name: given.name ?? "", outcome: "passed", message: "" });
    else if (last && ["failure", "error", "skipped"].includes(name)) {
      last.outcome = name;
      last.message = given.message ?? "";
    }
  });
  parser.write(text).close();
  const count = (outcome: string) => report.cases.filter((each) => each.outcome === outcome).length;
  assert.deepEqual(report.counts, {
    tests: report.cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  });
  return report;
}

/** The sample run as a sweep without a search, with these verdicts. */
function sweep(verdicts: readonly StepVerdict[]): MeasuredRun {
  const steps = verdicts.map((verdict, index) => ({
    ...sampleStep(index + 1, 10 * (index + 1), 2),
    verdict,
  }));
  return {
    ...sampleRun(),
    knee: null,
    steps: steps as MeasuredRun["steps"],
    verdict: worstVerdict(verdicts),
  };
}

const isFailed = ({ counts }: Report) => (counts.failures ?? 0) + (counts.errors ?? 0) > 0;

describe("a run as JUnit XML", () => {
  it("fails exactly when --fail-on-slo would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STEP_VERDICTS), { maxLength: 4 }),
        fc.boolean(),
        (verdicts, stopped) => {
          const run = sweep(verdicts);
          const one: Run = stopped ? { ...run, verdict: "interrupted" } : run;
          assert.equal(isFailed(read(junitOfRun(one))), !meetsSlo(one));
        },
      ),
    );
    for (const count of [1, 2, 5, 99]) {
      const run = buildResults(sampleEvents().slice(0, count));
      assert.equal(isFailed(read(junitOfRun(run))), !meetsSlo(run), `${count} events`);
    }
  });

  it("has a case for each step: a missed SLO is a failure, a step without evidence an error", () => {
    assert.deepEqual(
      read(junitOfRun(sweep(["ok", "slo-missed", "generator-bound", "failed"]))).cases.map(
        ({ name, outcome }) => [name, outcome],
      ),
      [
        ["1: producers 10", "passed"],
        ["2: producers 20", "failure"],
        ["3: producers 30", "error"],
        ["4: producers 40", "error"],
      ],
    );
  });

  it("of a search is decided by the knee: its trials beyond are skipped", () => {
    const { cases } = read(junitOfRun(sampleRun()));
    assert.deepEqual(
      cases.map(({ outcome }) => outcome),
      ["passed", "passed", "passed", "passed", "passed", "skipped", "passed"],
    );
    assert.deepEqual(cases.at(-1)?.name, "knee");
    assert.match(
      cases[5]?.message ?? "",
      /^a trial of the search: slo-missed; p99 latency 240\.0 ms, above 100 ms/,
    );
    const undecided = sampleRun();
    undecided.conditions.benchmark.search = { variable: "producers" };
    const none = read(
      junitOfRun({ ...undecided, knee: null, verdict: "slo-missed", searchReason: "no time" }),
    );
    assert.deepEqual([none.cases.at(-1)?.outcome, isFailed(none)], ["error", true]);
  });

  it("is well-formed, whatever the texts are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const run = sweep(["slo-missed"]);
        for (const step of run.steps) step.reasons = [`${text}\u0000\ud800<&"`];
        const { cases } = read(junitOfRun({ ...run, run: text, scenario: "]]>" }));
        assert.ok(cases[0]?.message.endsWith('\ufffd\ufffd<&"'));
      }),
    );
  });
});

describe("a comparison as JUnit XML", () => {
  const other = (factor: number, count = 30): Run => {
    const run = replicated(sampleRun(), factor);
    return { ...run, run: "other", steps: run.steps.slice(0, count) };
  };

  it("fails where the second run is slower, as --fail-on-worse does", () => {
    const comparison = compare([replicated(sampleRun()), other(3)]);
    const report = read(junitOfComparison(comparison));
    assert.ok(isWorse(comparison));
    assert.deepEqual(report.counts, { tests: 13, failures: 12, errors: 0, skipped: 0 });
    assert.match(report.cases[0]?.message ?? "", /^differs: producers 1: p50 .*\+200 %/);
  });

  it("passes where it is faster or the same, and skips what cannot be tested", () => {
    for (const factor of [1, 1 / 3]) {
      const comparison = compare([replicated(sampleRun()), other(factor)]);
      assert.equal(isWorse(comparison), false);
      assert.deepEqual(read(junitOfComparison(comparison)).counts, {
        tests: 13,
        failures: 0,
        errors: 0,
        skipped: 0,
      });
    }
    const few = compare([replicated(sampleRun()), other(3, 6)]);
    assert.equal(isWorse(few), false);
    assert.equal(read(junitOfComparison(few)).counts.skipped, 12);
  });

  it("fails where the knee is lower, and not where it is higher", () => {
    const knees = (low: number, high: number): Run => {
      const run = sampleRun();
      return { ...run, run: "other", knee: run.knee && { ...run.knee, interval: [low, high] } };
    };
    assert.equal(isWorse(compare([sampleRun(), knees(100, 200)])), true);
    assert.equal(isWorse(compare([sampleRun(), knees(900, 950)])), false);
    assert.equal(
      read(junitOfComparison(compare([sampleRun(), knees(100, 200)]))).cases.at(-1)?.outcome,
      "failure",
    );
  });

  it("has an error for runs that do not compare", () => {
    const run = { ...sampleRun(), slo: { ...sampleRun().slo, p99Ms: 5 } };
    assert.ok(
      read(junitOfComparison(compare([sampleRun(), run]))).cases.some(({ outcome }) => outcome === "error"),
    );
  });
});
