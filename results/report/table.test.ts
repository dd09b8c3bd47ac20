import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { kneeSentence } from "../sentences.ts";
import { markdownTable, runTable } from "./table.ts";

describe("the table", () => {
  it("has a row for each step, the knee with its interval, and the warnings", () => {
    const text = runTable({ ...sampleRun(), warnings: ["look out"] });
    assert.match(text, /producers 500 .* ok/);
    assert.match(text, /producers 800 .* slo-missed/);
    assert.match(text, /knee: 500 producers \(90 % interval 480 to 620\)/);
    assert.match(text, /SLO: p99 latency at most 100 ms, at least 99\.9 % of messages delivered, none lost/);
    assert.match(text, /warning: look out/);
  });

  it("is available as Markdown", () => assert.equal(markdownTable(sampleRun()).split("\n").length, 8));

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
