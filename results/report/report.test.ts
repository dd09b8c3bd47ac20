import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { z } from "zod";
import { EventLog } from "../../cli/bench/eventLog.ts";
import { type Run, type RunEvent, runSchema, type Second } from "../../contract/result.ts";
import { measured } from "../../test/support/measured.ts";
import { sampleEvents, sampleRun, sampleStep } from "../../test/support/sampleRun.ts";
import { runOf } from "../build.ts";
import { compare, comparisonPage, comparisonText } from "../compare/comparison.ts";
import { mannWhitney } from "../compare/difference.ts";
import { curvesOf } from "../series.ts";
import { parseEvents, readResults, writeResults } from "../store.ts";
import { chartsOf } from "./charts.ts";
import { reportPage } from "./html.ts";
import { kneeSentence, markdownTable, runTable, summaryOf } from "./table.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-report-"));
after(() => rmSync(folder, { recursive: true }));
const lines = (events: readonly RunEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");

describe("the events of a run", () => {
  it("make its results, which follow their schema", () => {
    const run = runOf(sampleEvents());
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))), JSON.parse(JSON.stringify(run)));
    assert.deepEqual([run.steps.length, run.knee?.value, run.verdict, run.warnings], [6, 500, "ok", []]);
  });

  it("of a run that was cut off make what was done, and say so", () => {
    const run = runOf(sampleEvents().slice(0, -3));
    assert.deepEqual([run.verdict, run.endedAt, run.knee, run.steps.length], ["interrupted", null, null, 5]);
    assert.match(run.warnings.join(), /it was cut off/);
  });

  it("of a run that went on make one run: of a step that was done again the later one counts", () => {
    const [begin, ...rest] = sampleEvents();
    const again = { ...(begin as RunEvent & { event: "run" }), resumed: true };
    const step = { ...sampleStep(2, 50, 3), delivered: 7 };
    const run = runOf([begin as RunEvent, ...rest, again, { event: "step", at: again.at, result: step }]);
    assert.deepEqual(
      [run.steps.length, measured(run.steps[1]).delivered, run.verdict],
      [6, 7, "interrupted"],
    );
  });

  it("are read but for a last line that is torn", () => {
    const text = lines(sampleEvents());
    assert.equal(parseEvents(`${text}{"event":"en`, "e").length, sampleEvents().length);
  });

  it("are refused with the line that cannot be read", () => {
    assert.throws(
      () => parseEvents(`${lines(sampleEvents().slice(0, 1))}nonsense\n{}\n`, "e"),
      /e, line 2: this is no JSON/,
    );
    assert.throws(() => parseEvents('{"event":"party"}\n', "e"), /e, line 1/);
  });

  it("of another version are refused, with the version that is read", () => {
    const text = lines(sampleEvents().slice(0, 1)).replace('"schemaVersion":3', '"schemaVersion":4');
    assert.throws(() => parseEvents(text, "e"), /of schema version 4; this swarmbench reads version 3/);
  });

  describe("of version 2", () => {
    const folder = path.resolve(import.meta.dirname, "../../test/fixtures/run-v2");

    it("are read as those of this version, by their events and by run.json alike", () => {
      const byEvents = readResults(folder);
      const alone = mkdtempSync(path.join(tmpdir(), "swarmbench-v2-"));
      copyFileSync(path.join(folder, "run.json"), path.join(alone, "run.json"));
      assert.deepEqual(readResults(alone), JSON.parse(JSON.stringify(byEvents)));
      rmSync(alone, { recursive: true });
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

    it("have no figure of a step that failed, and its reason in the report", () => {
      const run = readResults(folder);
      assert.ok(!("delayMs" in (run.steps[2] ?? {})));
      assert.match(runTable(run), /producers 100 +│ +- .* failed/);
      assert.match(reportPage(run), /the agent is gone/);
    });
  });
});

describe("a log of events", () => {
  const events = ["one", "two", "three"].map((text) => JSON.stringify({ text }));
  const logged = (file: string) => readFileSync(file, "utf8").split("\n").filter(Boolean);
  const follow = (log: EventLog, of: string[]) => {
    for (const [index, line] of of.entries()) log.take(index + 1, line);
  };

  it("writes each at once, and each once where a run is followed anew, after a torn line too", () => {
    const file = path.join(folder, "a.jsonl");
    follow(new EventLog(file), events.slice(0, 2));
    writeFileSync(file, `${readFileSync(file, "utf8")}{"te`);
    follow(new EventLog(file), events);
    assert.deepEqual(logged(file), events);
  });

  it("writes none twice where the line was cut and all came again", () => {
    const file = path.join(folder, "b.jsonl");
    const log = new EventLog(file);
    follow(log, events.slice(0, 2));
    follow(log, events);
    assert.deepEqual(logged(file), events);
  });

  it("appends what a run does that goes on", () => {
    const file = path.join(folder, "c.jsonl");
    follow(new EventLog(file), events);
    follow(new EventLog(file), ['{"text":"resumed"}', '{"text":"more"}']);
    assert.deepEqual(logged(file), [...events, '{"text":"resumed"}', '{"text":"more"}']);
  });

  it("keeps why nothing can be written", () => {
    const log = new EventLog(path.join(folder, "not-there", "d.jsonl"));
    follow(log, events);
    assert.match(log.failure?.message ?? "", /d\.jsonl cannot be written: ENOENT/);
  });
});

describe("results on disk", () => {
  it("are made anew from their events: run.json, report, plots", async () => {
    const target = path.join(folder, "run");
    const log = (await import("node:fs")).mkdirSync(target, { recursive: true });
    assert.ok(log);
    writeFileSync(path.join(target, "events.jsonl"), lines(sampleEvents()));
    const run = readResults(target);
    await writeResults(target, run);
    rmSync(path.join(target, "events.jsonl"));
    assert.deepEqual(readResults(target), JSON.parse(JSON.stringify(run)));
    const png = readFileSync(path.join(target, "plots/delay.png"));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
  });

  it("that are not there are an error that says what was looked for", () => {
    assert.throws(
      () => readResults(path.join(folder, "none")),
      /neither events\.jsonl nor run\.json is there/,
    );
  });
});

describe("the schema that others read", () => {
  it("is the committed one: npm run schema", () => {
    const committed = JSON.parse(
      readFileSync(path.resolve(import.meta.dirname, "../run.schema.json"), "utf8"),
    );
    assert.deepEqual(committed, JSON.parse(JSON.stringify(z.toJSONSchema(runSchema))));
  });
});

describe("the table", () => {
  it("has a row for each step, the knee with its interval, and the warnings", () => {
    const text = runTable({ ...sampleRun(), warnings: ["look out"] });
    assert.match(text, /producers 500 .* ok/);
    assert.match(text, /producers 800 .* slo-missed/);
    assert.match(text, /knee: 500 producers \(90 % interval 480 to 620\)/);
    assert.match(text, /SLO: p99 delay at most 100 ms, 99\.9 % delivered, nothing lost/);
    assert.match(text, /warning: look out/);
  });

  it("can be put into a README", () => assert.equal(markdownTable(sampleRun()).split("\n").length, 8));

  it("says why there is no knee", () => {
    const none = { ...sampleRun(), knee: null };
    assert.match(
      kneeSentence({ ...none, searchReason: "the generator was at its limit" }),
      /^no knee: the generator/,
    );
    assert.match(
      kneeSentence({ ...none, searchReason: "" }),
      /^5 of 6 steps met the SLO; no knee was searched/,
    );
  });

  it("is a summary for the stack's outputs too", () => {
    const { steps, run, verdict } = summaryOf(sampleRun(), "results/x");
    assert.deepEqual([steps.length, steps[1]?.offeredPerSec, run, verdict], [6, 500, sampleRun().run, "ok"]);
  });
});

describe("the report", () => {
  it("is one file that asks no network for anything, light and dark", () => {
    const page = reportPage(sampleRun());
    assert.doesNotMatch(
      page.replaceAll("http://www.w3.org/", ""),
      /(src|href)=|url\((?!#)|https?:\/\/|<script/,
    );
    assert.match(page, /prefers-color-scheme: dark/);
    assert.equal((page.match(/<svg/g) ?? []).length, 2 * chartsOf(sampleRun()).length);
  });

  it("says the knee in plain words first", () => {
    assert.match(
      reportPage(sampleRun()),
      /<div class="verdict good">Up to <b>500 producers<\/b> keep the agreed delivery time/,
    );
  });

  it("shows nothing that a name brings along", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const page = reportPage({ ...sampleRun(), scenario: evil, warnings: [evil] });
    assert.doesNotMatch(page, /<img/);
    assert.match(page, /&#60;img src=x/);
  });

  it("has the charts that there are figures for", () => {
    const names = (run: Run) => chartsOf(run).map(({ name }) => name);
    assert.deepEqual(names(sampleRun()), ["delay", "delivered", "cpu", "spectrum", "timeline"]);
    const one = { ...sampleRun(), knee: null, steps: [{ ...sampleStep(1, 5, 2), values: {} }] };
    assert.deepEqual(names(one), ["cpu", "spectrum", "timeline"]);
    assert.deepEqual(names({ ...sampleRun(), knee: null, steps: [] }), []);
  });

  it("makes a curve of each combination of what else is varied", () => {
    const steps = [1, 2, 3, 4].map((step) => ({
      ...sampleStep(step, step <= 2 ? step * 10 : (step - 2) * 10, 2),
      values: { producers: step <= 2 ? step * 10 : (step - 2) * 10, acks: step <= 2 ? 1 : "all" },
    }));
    const { variable, curves } = curvesOf({ steps, knee: null });
    assert.deepEqual(
      [variable, curves.map(({ name, steps: of }) => [name, of.length])],
      [
        "producers",
        [
          ["acks 1", 2],
          ["acks all", 2],
        ],
      ],
    );
  });
});

describe("a soak", () => {
  const soak = (count: number) => {
    const [second] = sampleStep(1, 10, 2).seconds.filter((each) => each.measured);
    const seconds = Array.from({ length: count }, (_, index) => ({
      ...(second as Second),
      delayMs: {
        ...(second as Second).delayMs,
        p50: 2 + index / 3600,
        p99: 9,
      },
      generator: { scheduleLagMsP99: 1, eventLoopDelayMsP99: 1, cpu: 0.2, memoryMiB: 300 - index / 360 },
    }));
    return {
      ...sampleRun(),
      knee: null,
      steps: [{ ...sampleStep(1, 10, 2), phase: "soak" as const, values: {}, seconds }],
    };
  };

  it("tells by how much delay and memory drift", () => {
    assert.match(
      runTable(soak(3_600)),
      /drift in 3600 s: p50 2\.5 ms, \+1 ms per hour; p99 9 ms, \+0 ms per hour; memory of the agents 295 MiB, -10 MiB per hour/,
    );
    assert.match(reportPage(soak(3_600)), /drift in 3600 s/);
  });

  it("that is short tells of no drift", () => assert.doesNotMatch(runTable(soak(20)), /drift/));
});

describe("a comparison", () => {
  const other = (more: Partial<Run> = {}): Run => ({ ...sampleRun(), run: "other", ...more });
  const slower = () =>
    sampleRun().steps.map((step) => ({
      ...step,
      seconds: step.seconds.map((second) => ({
        ...second,
        delayMs: { ...second.delayMs, p99: 3 * (second.delayMs.p99 ?? 1) },
      })),
    }));

  it("finds no difference between a run and itself", () => {
    const { differences, conditions, obstacles } = compare([sampleRun(), other()]);
    const [{ knee, delays } = { knee: undefined, delays: [] }] = differences;
    assert.deepEqual(
      [conditions, obstacles, knee?.real, delays.some(({ real }) => real), delays.length],
      [[], [], false, false, 6],
    );
  });

  it("finds delays that are three times as long", () => {
    const [{ delays } = { delays: [] }] = compare([sampleRun(), other({ steps: slower() })]).differences;
    assert.ok(
      delays.every(({ real, text }) => real && /\+200 %/.test(text)),
      delays[0]?.text,
    );
  });

  it("calls knees different where their intervals have nothing in common", () => {
    const knee = {
      ...(sampleRun().knee as NonNullable<Run["knee"]>),
      value: 900,
      interval: [850, 1_000] as [number, number],
    };
    const [{ knee: difference } = { knee: undefined }] = compare([sampleRun(), other({ knee })]).differences;
    assert.equal(difference?.real, true);
  });

  it("leaves out steps at which the generator was at its limit", () => {
    const steps = slower().map((step) => ({ ...step, verdict: "generator-bound" as const }));
    assert.deepEqual(compare([sampleRun(), other({ steps })]).differences[0]?.delays, []);
  });

  it("names every condition in which they differ", () => {
    const conditions = structuredClone(sampleRun().conditions);
    conditions.workload.acks = 1;
    const comparison = compare([sampleRun(), other({ conditions })]);
    assert.deepEqual(comparison.conditions, [{ what: "workload.acks", values: ["all", "1"] }]);
    assert.match(comparisonText(comparison), /workload\.acks: all \| 1/);
    assert.match(comparisonPage(comparison), /workload\.acks/);
  });

  it("says what is in the way of it: another SLO, another variable, nothing measured", () => {
    const found = compare([
      sampleRun(),
      other({ slo: { ...sampleRun().slo, p99Ms: 5 }, knee: null, steps: [] }),
    ]).obstacles.join("; ");
    assert.match(
      found,
      /other has no step with a figure; they were judged by different SLOs; they vary different things: producers, nothing/,
    );
  });

  it("tests ranks as the tables of the test have it", () => {
    assert.ok(mannWhitney([1, 2, 3], [1, 2, 3]) > 0.99);
    const p = mannWhitney([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16]);
    assert.ok(p > 0.0005 && p < 0.0015, String(p)); // U = 0, n = m = 8: z = 3.31 with the correction for continuity
  });
});
