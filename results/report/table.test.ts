import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { replicated } from "../../test/support/replicates.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { kneeSentence } from "../sentences.ts";
import { reportBody } from "./reportBody.ts";
import { markdownTable, runTable } from "./table.ts";

/** What limited the sample run. */
const LIMIT = "the limit is this machine's CPUs, which brokers and agents share (1.9 of 2 CPUs), not Kafka";

describe("the table", () => {
  it("has a row for each step, the knee with its interval, and the warnings", () => {
    const text = runTable({ ...sampleRun(), warnings: ["look out"] });
    assert.match(text, /producers 500 .* ok/);
    assert.match(text, /producers 800 .* slo-missed/);
    assert.match(text, /knee: 500 producers \(90 % interval 480 to 620\)/);
    assert.match(text, /SLO: p99 latency at most 100 ms, at least 99\.9 % of messages delivered, none lost/);
    assert.match(text, /warning: look out/);
  });

  it("has the throughput, and says how messages arrived", () => {
    const [first] = sampleRun().steps;
    const steps = [
      { ...(first as MeasuredStep), offered: 1_000, delivered: 1_000, received: 800, durationSeconds: 10 },
    ];
    assert.match(
      markdownTable({ ...sampleRun(), steps }),
      /\| offered\/s \| delivered\/s \| received\/s \|[\s\S]*\| 100 \| 100 \| 80 \|/,
    );
    assert.match(runTable(sampleRun()), /^arrivals: constant /m);
  });

  it("has the knee of each other SLO, or why there is none", () => {
    const { knee, slo } = sampleRun();
    const none = { knee: null, bracket: null, searchReason: "no value met the SLO" };
    const otherKnees = [
      { slo: { ...slo, p99Ms: 50 }, knee: knee && { ...knee, value: 400 }, bracket: null, searchReason: "" },
      { slo: { ...slo, p99Ms: 1 }, ...none },
    ];
    const text = runTable({ ...sampleRun(), otherKnees });
    assert.match(text, /^with a p99 latency of at most 50 ms: knee: 400 producers/m);
    assert.match(text, /^with a p99 latency of at most 1 ms: no knee: no value met the SLO/m);
  });

  it("has each load with its number of steps and the interval of its p99, if a load was measured more than once", () => {
    const repeated = replicated(sampleRun()) as Run;
    for (const text of [runTable(repeated), markdownTable(repeated)])
      assert.match(text, /producers 500 +[│|] 5 +[│|].* [\d.]+ \[[\d.]+, [\d.]+\] .*5 ok/);
    assert.match(
      runTable(sampleRun()),
      /^each load was measured in one step, so that no latency has an interval$/m,
    );
    assert.match(reportBody(repeated, []).text, /<h3>By load<\/h3>[\s\S]*<td>producers 500<\/td><td>5<\/td>/);
  });

  it("has the loads of a run whose steps say nothing about the broker, instead of calling them measured once", () => {
    const [first] = sampleRun().steps as [MeasuredStep];
    const bound = { ...first, verdict: "generator-bound" as const };
    const text = runTable({ ...sampleRun(), steps: [bound, { ...bound, step: 2 }] });
    assert.doesNotMatch(text, /measured in one step/);
    assert.match(text, /producers 1 +│ 0 .* 2 generator-bound/);
  });

  it("is available as Markdown", () => assert.equal(markdownTable(sampleRun()).split("\n").length, 8));

  it("says what is known about a knee that was not found, and why it was not found", () => {
    const bracket = { variable: "producers" as const, met: 141, missed: 200, generatorBound: null };
    const undecided = (known: object) =>
      kneeSentence({
        ...sampleRun(),
        knee: null,
        bracket: { ...bracket, ...known, reason: "maxSteps was reached" },
      });
    assert.equal(
      undecided({}),
      `no knee: the SLO was met at 141 producers and missed at 200; ${LIMIT}; maxSteps was reached`,
    );
    assert.equal(
      undecided({ missed: null, generatorBound: 168 }),
      `no knee: the SLO was met at 141 producers; the generator was at its limit at 168; ${LIMIT}; maxSteps was reached`,
    );
    assert.equal(undecided({ met: null, missed: null }), `no knee: 800 missed; ${LIMIT}`);
  });

  it("mentions the preheat apart from the steps, and the chance to meet the SLO at the knee", () => {
    const run = sampleRun();
    const [first] = run.steps;
    const preheat = [{ ...(first as (typeof run.steps)[number]), phase: "preheat" as const }];
    assert.match(
      runTable({ ...run, preheat }),
      /preheat: 1 step, which do not count as evidence; the last one \(producers 1\) had a p50 of 2 ms, 0\.02 busy JIT/,
    );
    const knee = run.knee && { ...run.knee, meetsSloChance: 0.59 };
    assert.match(
      kneeSentence({ ...run, knee }),
      /interval 480 to 620, 59 % chance to meet the SLO there\); beyond that the limit is/,
    );
  });

  it("says why there is no knee", () => {
    const none = { ...sampleRun(), knee: null };
    assert.match(
      kneeSentence({ ...none, searchReason: "the generator was at its limit" }),
      /^no knee: the generator/,
    );
    assert.match(
      kneeSentence({ ...none, searchReason: "" }),
      /^5 of 6 steps met the SLO; the run did not search for a knee/,
    );
  });
});
