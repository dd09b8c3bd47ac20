import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { z } from "zod";
import { type RunEvent, runSchema, SCHEMA_VERSION } from "../contract/result.ts";
import { measured } from "../test/support/measured.ts";
import { sampleEvents } from "../test/support/sampleRun.ts";
import { type Line, linesIn } from "./lines.ts";
import { reportPage } from "./report/html.ts";
import { runTable } from "./report/table.ts";
import { eventsOf, readResults, writeResults } from "./store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-results-"));
after(() => rmSync(folder, { recursive: true }));
const lines = (events: readonly RunEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** The events of a text, as of a file. */
function eventsIn(text: string, name: string): RunEvent[] {
  const parts = text.split("\n").map((part): Line => ({ text: part, complete: true, end: 0 }));
  const last = parts.pop();
  if (last?.text) parts.push({ ...last, complete: false });
  return [...eventsOf(parts, name)];
}

describe("the events of a run", () => {
  it("are read without an incomplete last line", () => {
    const text = lines(sampleEvents());
    assert.equal(eventsIn(`${text}{"event":"en`, "e").length, sampleEvents().length);
  });

  it("are rejected with the number of the line that cannot be read", () => {
    assert.throws(
      () => eventsIn(`${lines(sampleEvents().slice(0, 1))}nonsense\n{}\n`, "e"),
      /e, line 2: not valid JSON/,
    );
    assert.throws(() => eventsIn('{"event":"party"}\n', "e"), /e, line 1/);
  });

  it("of an unknown version are rejected, with the version that can be read", () => {
    const text = lines(sampleEvents().slice(0, 1)).replace(
      `"schemaVersion":${SCHEMA_VERSION}`,
      '"schemaVersion":99',
    );
    assert.throws(
      () => eventsIn(text, "e"),
      /schema version 99, but this swarmbench reads version 4; use the swarmbench that wrote it/,
    );
  });

  describe("of version 2", () => {
    const earlier = path.resolve(import.meta.dirname, "../test/fixtures/run-v2");

    it("are converted to this version, from events and from run.json", () => {
      const byEvents = readResults(earlier);
      const alone = path.join(folder, "version-2");
      mkdirSync(alone);
      copyFileSync(path.join(earlier, "run.json"), path.join(alone, "run.json"));
      assert.deepEqual(readResults(alone), JSON.parse(JSON.stringify(byEvents)));
      assert.deepEqual(
        byEvents.steps.map((step) => [step.state, step.verdict]),
        [
          ["measured", "ok"],
          ["measured", "ok"],
          ["failed", "failed"],
        ],
      );
      assert.equal(measured(byEvents.steps[1]).offered, 5_000);
    });

    it("have no results for a failed step, and its reason in the report", () => {
      const run = readResults(earlier);
      assert.ok(!("latencyMs" in (run.steps[2] ?? {})));
      assert.match(runTable(run), /producers 100 +│ +- .* failed/);
      assert.match(reportPage(run), /the agent is gone/);
    });
  });
});

describe("a file of events", () => {
  it("is read line by line, in blocks of any size", () => {
    const file = path.join(folder, "lines");
    const expected = ["a", "", "ä€😀 long line", "x"];
    for (const end of ["", "\n"]) {
      writeFileSync(file, expected.join("\n") + end);
      for (const bytes of [1, 2, 3, 7, 1_000]) {
        const read = [...linesIn(file, bytes)];
        assert.deepEqual(
          read.map(({ text }) => text),
          expected,
        );
        assert.equal(read.at(-1)?.complete, end !== "");
        assert.equal(read.at(-1)?.end, Buffer.byteLength(expected.join("\n") + end));
      }
    }
  });

  it("without the start of a run is an error that names the file", () => {
    const target = path.join(folder, "no-start");
    mkdirSync(target, { recursive: true });
    writeFileSync(path.join(target, "events.jsonl"), "");
    assert.throws(
      () => readResults(target),
      /no-start\/events\.jsonl: there is no event that starts the run/,
    );
  });

  it("with a value of another kind is an error in plain words, with file, line and field", () => {
    const target = path.join(folder, "other-kind");
    mkdirSync(target, { recursive: true });
    writeFileSync(
      path.join(target, "events.jsonl"),
      '{"event":"warning","at":"2026-11-27T00:00:00Z","text":5}\n',
    );
    assert.throws(
      () => readResults(target),
      /other-kind\/events\.jsonl, line 1: text: expected a text, got a number\n/,
    );
  });
});

describe("results on disk", () => {
  it("are built from their events: run.json, report, plots", async () => {
    const target = path.join(folder, "run");
    mkdirSync(target, { recursive: true });
    writeFileSync(path.join(target, "events.jsonl"), lines(sampleEvents()));
    const run = readResults(target);
    await writeResults(target, run);
    rmSync(path.join(target, "events.jsonl"));
    assert.deepEqual(readResults(target), JSON.parse(JSON.stringify(run)));
    const png = readFileSync(path.join(target, "plots/latency.png"));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
  });

  it("that are missing are an error with the expected files", () => {
    assert.throws(
      () => readResults(path.join(folder, "none")),
      /contains neither events\.jsonl nor run\.json/,
    );
  });
});

describe("the JSON schema of the results", () => {
  it("is up to date (npm run schema)", () => {
    const committed = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "run.schema.json"), "utf8"));
    assert.deepEqual(committed, JSON.parse(JSON.stringify(z.toJSONSchema(runSchema))));
  });
});
