import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogCheckResult } from "../contract/logCheck.ts";
import { logCheckOf, sampleRun } from "../test/support/sampleRun.ts";
import { deviationTexts, logCheckSentence } from "./logCheck.ts";
import { reportPage } from "./report/html.ts";
import { runTable } from "./report/table.ts";

/** The sample with log checks of its first steps. */
function runWith(...checks: LogCheckResult[]) {
  const run = sampleRun();
  for (const [index, logCheck] of checks.entries()) {
    const step = run.steps[index];
    if (step) step.logCheck = logCheck;
  }
  return run;
}

const LOSSY = logCheckOf(900, {
  missing: 3,
  unacked: 1,
  duplicated: 2,
  deleted: 4,
  producers: [
    {
      producer: 5,
      missing: 3,
      unacked: 1,
      duplicated: 2,
      reordered: 0,
      missingSequences: [
        [7, 8],
        [12, 12],
      ],
    },
  ],
  partitions: [
    { topic: "t", partition: 2, duplicated: 2, reordered: 0, unrecorded: 0, foreign: 0, deleted: 4 },
  ],
});

describe("the log checks of a run", () => {
  it("are not mentioned if there were none", () => {
    assert.equal(logCheckSentence(sampleRun()), undefined);
    assert.doesNotMatch(runTable(sampleRun()) + reportPage(sampleRun()), /log check/i);
  });

  it("are totals over the steps in table and report, with what deviates", () => {
    const run = runWith(logCheckOf(100), LOSSY);
    const sentence =
      /og check of 2 steps: 1000 messages sent, 3 acknowledged and missing, 1 not acknowledged but in the log, 2 duplicated, none out of order; 4 offsets were deleted before the check/;
    assert.match(runTable(run), sentence);
    const page = reportPage(run);
    assert.match(page, sentence);
    assert.match(
      page,
      /producer 5: 3 missing, 1 not acknowledged, 2 duplicated \(missing: 7-8, 12\); t, partition 2: 2 duplicated, 4 deleted\./,
    );
  });

  it("name the first producers only, and count the others", () => {
    const [producer] = LOSSY.producers;
    assert.ok(producer);
    const producers = Array.from({ length: 8 }, () => producer);
    const texts = deviationTexts({ ...LOSSY, producers, producersLeftOut: 10 });
    assert.equal(texts.length, 7);
    assert.equal(texts[5], "13 more producers: see run.json");
  });
});
