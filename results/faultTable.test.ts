import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FaultRecord } from "../contract/faults.ts";
import type { Run } from "../contract/result.ts";
import { sloSchema } from "../contract/workload.ts";
import { logCheckOf, sampleRun } from "../test/support/sampleRun.ts";
import {
  LOAD_START,
  type SimulatedLoad,
  simulatedFault,
  simulatedStep,
} from "../test/support/simulatedFaults.ts";
import { detailedFaultRows, faultNotes, faultRows } from "./faultTable.ts";
import { withRecovery } from "./recovery.ts";
import { timelineChart } from "./report/charts/timeline.ts";
import { reportPage } from "./report/html.ts";
import { markdownTable, runTable } from "./report/table.ts";

const slo = sloSchema.parse({});
const LOAD: SimulatedLoad = {
  rate: 400,
  seconds: 30,
  partitions: 4,
  capacity: 400,
  away: [{ from: 10, to: 15 }],
};

function runWith(faults: readonly FaultRecord[], load: SimulatedLoad = LOAD, changes: object = {}): Run {
  const step = { ...simulatedStep(load, faults), ...changes };
  return { ...sampleRun(), knee: null, steps: [withRecovery(step, slo)] };
}

describe("the faults of a run", () => {
  it("are not mentioned if there were none", () => {
    const run = sampleRun();
    assert.deepEqual(faultRows(run), []);
    const texts = [runTable(run), markdownTable(run), reportPage(run)];
    for (const text of texts) assert.doesNotMatch(text, /unavailable|Faults/);
  });

  it("are a table in terminal, Markdown and report: how long, unavailable, recovered, and what became of messages", () => {
    const logCheck = logCheckOf(12_000, { missing: 3, duplicated: 2, reordered: 1 });
    const run = runWith([simulatedFault(10, 15)], LOAD, { logCheck });
    const [row] = faultRows(run);
    assert.deepEqual(row?.slice(1, 4), ["broker-pause", "broker 1", "5"]);
    assert.match(row?.[4] ?? "", /^5 \(median 5\) ± 0\.0\d+$/);
    assert.deepEqual(row?.slice(7), ["3", "2", "1"]);
    assert.match(runTable(run), /broker-pause +│ broker 1 +│ 5 .*│ 3 +│ 2 +│ 1 /);
    assert.match(runTable(run), /all messages of the step, from the log check\./);
    assert.match(markdownTable(run), /\| broker-pause \| broker 1 \| 5 \|/);
    const page = reportPage(run);
    assert.match(page, /<h2>Faults<\/h2>[\s\S]*<td>broker-pause<\/td><td>broker 1<\/td><td>5<\/td>/);
    assert.match(page, /within the SLO of 100 ms/);
  });

  it("have the messages that were lost, duplicated and reordered by each of them, and notes on the others", () => {
    const none = { missing: 0, unacked: 0, duplicated: 0, reordered: 0 };
    const bySecond = [
      { ...none, at: LOAD_START + 2, missing: 1, reordered: 4 },
      { ...none, at: LOAD_START + 11, missing: 5, duplicated: 2 },
      { ...none, at: LOAD_START + 16, missing: 7 },
    ];
    const totals = { missing: 13, duplicated: 3, reordered: 4 };
    const logCheck = logCheckOf(12_000, { ...totals, bySecond, bySecondLeftOut: 1 });
    const error = "it was not executed";
    const faults = [
      simulatedFault(10, 12),
      simulatedFault(20, 23, { number: 2 }),
      simulatedFault(20.2, 23, { number: 3, target: "broker 2" }),
      simulatedFault(25, 26, { number: 4, startedAt: null, endedAt: null, hit: [], error }),
    ];
    const run = runWith(faults, LOAD, { logCheck });
    const cells = [
      ["5", "2", "0"],
      ["7", "0", "0"],
      ["see above", "see above", "see above"],
      ["-", "-", "-"],
    ];
    assert.deepEqual(
      faultRows(run).map((row) => row.slice(7)),
      cells,
    );
    assert.deepEqual(
      detailedFaultRows(run).map((row) => row.slice(7, 10)),
      cells,
    );
    const notes = faultNotes(run).join(" ");
    assert.match(notes, /due from 5 s before the fault \(± 1 s\) to 5 s before the next one\./);
    assert.match(notes, /Belonging to no fault: 1 lost, 4 reordered\./);
    assert.match(notes, /In further seconds, which are not listed in run.json: 1 duplicated\./);
    assert.match(notes, /See above: the fault began within a second of one above/);
    for (const text of [runTable(run), markdownTable(run), reportPage(run)]) assert.match(text, /see above/);
  });

  it("say in which steps of a run the messages are not divided among its faults", () => {
    const old = runWith([simulatedFault(10, 15)], LOAD, { logCheck: logCheckOf(100, { missing: 3 }) });
    const divided = runWith([simulatedFault(10, 15)], LOAD, { logCheck: logCheckOf(100, { bySecond: [] }) });
    const both = { ...old, steps: [...old.steps, ...divided.steps] };
    assert.deepEqual(
      faultRows(both).map((row) => row[7]),
      ["3", "0"],
    );
    const notes = faultNotes(both).join(" ");
    assert.match(notes, /not known when they were due: all messages of the step, from the log check\./);
    assert.doesNotMatch(notes, /See above|Before the first/);
    const unchecked = runWith([simulatedFault(10, 15)], LOAD, { lost: 6 });
    assert.equal(faultRows(unchecked)[0]?.[7], "6");
    assert.match(faultNotes(unchecked).join(" "), /since there was no log check\./);
  });

  it("say where the step ended before it was good again, and where a fault did not begin", () => {
    const slow = runWith([simulatedFault(10, 15)], { ...LOAD, capacity: 101 });
    assert.match(runTable(slow), /not within 15 s/);
    const error = "it was not executed";
    const none = runWith([simulatedFault(10, 15, { startedAt: null, endedAt: null, hit: [], error })]);
    assert.deepEqual(faultRows(none)[0]?.slice(3, 7), ["did not begin", "-", "-", "-"]);
    const away = [{ from: 10, to: Number.POSITIVE_INFINITY, partitions: [1] }];
    const gone = runWith([simulatedFault(10, 15)], { ...LOAD, away }, { drainSeconds: null });
    assert.match(runTable(gone), /1 of 4 partitions not again/);
  });

  it("are bands in the charts over time, with the longest label that fits", () => {
    const areas = (run: Run, width: number): string[] =>
      JSON.stringify(timelineChart.draw([run], width)?.series).match(/"formatter":"[^"]*"/g) ?? [];
    const run = runWith([
      simulatedFault(10, 15),
      simulatedFault(20, 20, { number: 2, fault: "broker-kill" }),
    ]);
    assert.ok(areas(run, 1_200).includes('"formatter":"broker-pause, broker 1"'));
    assert.ok(areas(run, 1_200).includes('"formatter":"2"'));
    assert.ok(areas(run, 320).includes('"formatter":"1"'));
    const caption = timelineChart.caption;
    assert.match(typeof caption === "function" ? caption([run]) : caption, /Orange: faults/);
    assert.match(typeof caption === "function" ? caption([sampleRun()]) : caption, /warnings\.$/);
  });

  it("cannot leave the page by the names in their records", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const page = reportPage(runWith([simulatedFault(10, 15, { target: evil, hit: [evil], error: evil })]));
    assert.doesNotMatch(page, /<img/);
    assert.match(page, /&#60;img src=x/);
  });
});
