import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RunEvent, runSchema } from "../contract/result.ts";
import { measured } from "../test/support/measured.ts";
import { sampleEvents, sampleStep } from "../test/support/sampleRun.ts";
import { buildResults } from "./build.ts";
import { conditionsText } from "./export/conditionsText.ts";
import { runWithSlo } from "./otherSlos.ts";
import { reportBody } from "./report/reportBody.ts";
import { markdownTable, runTable } from "./report/table.ts";
import { summaryOf } from "./summary.ts";

describe("the events of a run", () => {
  it("give its results, which match the schema", () => {
    const run = buildResults(sampleEvents());
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))), JSON.parse(JSON.stringify(run)));
    assert.deepEqual([run.steps.length, run.knee?.value, run.verdict, run.warnings], [6, 500, "ok", []]);
  });

  it("give the knee of each other SLO, with what limited the load beyond it", () => {
    const events = sampleEvents().map((event): RunEvent => {
      if (event.event === "step" && event.result.state === "measured") {
        const verdict = event.result.producers > 200 ? ("slo-missed" as const) : ("ok" as const);
        return { ...event, result: { ...event.result, otherSlos: [{ p99Ms: 10, verdict, reasons: [] }] } };
      }
      if (event.event !== "end" || !event.knee) return event;
      const slo = { ...event.knee.slo, p99Ms: 10 };
      const knee = { ...event.knee, slo, value: 200 };
      return { ...event, otherKnees: [{ slo, knee, bracket: null, searchReason: "" }] };
    });
    const run = buildResults(events);
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))), JSON.parse(JSON.stringify(run)));
    const [other] = run.otherKnees ?? [];
    assert.deepEqual([run.knee?.value, other?.slo.p99Ms, other?.knee?.value], [500, 10, 200]);
    assert.ok(other?.knee?.limit);
    assert.deepEqual(
      runWithSlo(run, other).steps.map(({ verdict }) => verdict),
      run.steps.map(({ producers }) => (producers > 200 ? "slo-missed" : "ok")),
    );
  });

  it("give partial results and a warning for a run that was cut off", () => {
    const run = buildResults(sampleEvents().slice(0, -3));
    assert.deepEqual([run.verdict, run.endedAt, run.knee, run.steps.length], ["interrupted", null, null, 5]);
    assert.match(run.warnings.join(), /the run was cut off/);
  });

  it("give each rebalance with its time, and the report shows it", () => {
    const at = "2026-11-27T10:00:05.000Z";
    const [begin, ...rest] = sampleEvents() as [RunEvent, ...RunEvent[]];
    const run = buildResults([begin, { event: "rebalance", at, step: 2, consumers: 3 }, ...rest]);
    const text = "step 2: consumers joined their groups again (3 times in this second)";
    assert.deepEqual(run.notes, [{ at, kind: "rebalance", text }]);
    assert.match(reportBody(run, []).text, /10:00:05<.*rebalance<.*3 times in this second/);
  });

  it("say how its loads were scaled, in the table, Markdown, report, summary and paragraph", () => {
    const scale = { factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: 800 } as const;
    const at = "2026-11-27T10:00:05.000Z";
    const [begin, ...rest] = sampleEvents() as [RunEvent, ...RunEvent[]];
    const run = buildResults([begin, { event: "scale", at, ...scale }, ...rest]);
    assert.deepEqual(run.scale, scale);
    assert.deepEqual(runSchema.parse(JSON.parse(JSON.stringify(run))).scale, scale);
    const texts = [
      runTable(run),
      markdownTable(run),
      reportBody(run, []).text,
      summaryOf(run, "x").scale,
      conditionsText(run),
    ];
    for (const text of texts) {
      assert.match(
        text ?? "",
        /oads scaled by 0\.2 to what this machine can do \(scale: auto\): 400 messages/,
      );
    }
    const unscaled = buildResults(sampleEvents());
    assert.deepEqual([unscaled.scale, summaryOf(unscaled, "x").scale], [undefined, undefined]);
    assert.doesNotMatch(runTable(unscaled), /scale/);
  });

  it("give the preheat apart from the steps, without warnings about it", () => {
    const [begin, ...rest] = sampleEvents() as [RunEvent, ...RunEvent[]];
    const hot = {
      ...sampleStep(1, 50, 3),
      phase: "preheat" as const,
      busiestMachine: { cpusBusy: 2, cpus: 2 },
    };
    const later = rest.map((event) =>
      event.event === "step" ? { ...event, result: { ...event.result, step: event.result.step + 1 } } : event,
    );
    const run = buildResults([
      begin,
      { event: "step", at: (begin as RunEvent & { event: "run" }).at, result: hot } as RunEvent,
      ...later,
    ]);
    assert.deepEqual(
      [run.preheat?.map(({ step }) => step), run.steps.map(({ step }) => step), run.warnings],
      [[1], [2, 3, 4, 5, 6, 7], []],
    );
  });

  it("give one run for a resumed run, with the last result of a repeated step", () => {
    const [begin, ...rest] = sampleEvents();
    const again = { ...(begin as RunEvent & { event: "run" }), resumed: true };
    const step = { ...sampleStep(2, 50, 3), delivered: 7 };
    const run = buildResults([
      begin as RunEvent,
      ...rest,
      again,
      { event: "step", at: again.at, result: step },
    ]);
    assert.deepEqual(
      [run.steps.length, measured(run.steps[1]).delivered, run.verdict],
      [6, 7, "interrupted"],
    );
  });
});
