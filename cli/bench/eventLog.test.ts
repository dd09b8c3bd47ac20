import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { FaultRecord } from "../../contract/faults.ts";
import { eventSchema } from "../../contract/result.ts";
import { EventLog } from "./eventLog.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-events-"));
after(() => rmSync(folder, { recursive: true }));

describe("a log of events", () => {
  const events = ["one", "two", "three"].map((text) => JSON.stringify({ text }));
  const record: FaultRecord = {
    step: 1,
    number: 1,
    fault: "broker-kill",
    target: "controller",
    hit: ["broker-1"],
    plannedAtSec: 10,
    plannedSec: null,
    startedAt: 1,
    endedAt: 2,
    uncertainMs: 1,
    error: null,
  };
  const logged = (file: string) => readFileSync(file, "utf8").split("\n").filter(Boolean);
  const follow = (log: EventLog, lines: string[]) => {
    for (const [index, line] of lines.entries()) log.take(index + 1, line);
  };

  it("writes each event at once, and only once when a run is followed again, even after an incomplete line", () => {
    const file = path.join(folder, "a.jsonl");
    follow(new EventLog(file), events.slice(0, 2));
    writeFileSync(file, `${readFileSync(file, "utf8")}{"te`);
    follow(new EventLog(file), events);
    assert.deepEqual(logged(file), events);
  });

  it("writes no event twice when all come again after a lost connection", () => {
    const file = path.join(folder, "b.jsonl");
    const log = new EventLog(file);
    follow(log, events.slice(0, 2));
    follow(log, events);
    assert.deepEqual(logged(file), events);
  });

  it("appends the events of a resumed run", () => {
    const file = path.join(folder, "c.jsonl");
    follow(new EventLog(file), events);
    follow(new EventLog(file), ['{"text":"resumed"}', '{"text":"more"}']);
    assert.deepEqual(logged(file), [...events, '{"text":"resumed"}', '{"text":"more"}']);
  });

  it("keeps the records of faults among them, which do not come again with the runner's events", () => {
    const file = path.join(folder, "e.jsonl");
    const first = new EventLog(file);
    assert.deepEqual(
      events.slice(0, 2).map((line, index) => first.take(index + 1, line)),
      [true, true],
    );
    first.add(record);
    const again = new EventLog(file);
    assert.deepEqual(
      events.map((line, index) => again.take(index + 1, line)),
      [false, false, true],
    );
    const [one, two, fault = "", three] = logged(file);
    assert.deepEqual([one, two, three], events);
    const event = eventSchema.parse(JSON.parse(fault));
    assert.deepEqual(event.event === "fault" && event.record, record);
  });

  it("counts the records of faults that the runner wrote as its events", () => {
    const file = path.join(folder, "f.jsonl");
    const leave: FaultRecord = {
      ...record,
      fault: "consumer-leave",
      target: "consumer 1",
      hit: ["consumer-1"],
    };
    const lines = [
      events[0] as string,
      JSON.stringify({ event: "fault", at: "2026-11-28T12:00:00.000Z", record: leave }),
      ...events.slice(1),
    ];
    const first = new EventLog(file);
    follow(first, lines);
    first.add(record);
    const again = new EventLog(file);
    assert.deepEqual(
      lines.map((line, index) => again.take(index + 1, line)),
      lines.map(() => false),
    );
    assert.equal(logged(file).length, lines.length + 1);
  });

  it("keeps the error when nothing can be written", () => {
    const log = new EventLog(path.join(folder, "not-there", "d.jsonl"));
    follow(log, events);
    assert.match(log.failure?.message ?? "", /d\.jsonl cannot be written: ENOENT/);
  });
});
