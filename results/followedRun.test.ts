import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { RunEvent } from "../contract/result.ts";
import { replayEvents, writeEvents } from "../test/support/replay.ts";
import { FollowedRun } from "./followedRun.ts";
import { type LiveMessage, LiveRun } from "./page/liveRun.ts";
import { readResults } from "./store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-followed-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const newFolder = () => path.join(folder, String(++count));
const events = replayEvents("20251124T160000Z-local-abcdef");
const firstStep = events.findIndex(({ event }) => event === "step");

/** What a page that gets this message shows. */
function shownAfter(message: LiveMessage) {
  assert.equal(message.kind, "snapshot");
  const run = new LiveRun();
  if (message.kind === "snapshot") run.restore(JSON.parse(JSON.stringify(message)));
  return run.shown(true);
}

describe("a run that is followed", () => {
  it("has each event once, whenever it is read", () => {
    const place = newFolder();
    const followed = new FollowedRun(place);
    assert.deepEqual(followed.read(), []);
    const seen: RunEvent[] = [];
    for (let at = 0; at < events.length; at += 7) {
      writeEvents(place, events.slice(at, at + 7));
      seen.push(...(followed.read() ?? []));
    }
    assert.deepEqual(seen, JSON.parse(JSON.stringify(events)));
    assert.ok(followed.hasEnded);
  });

  it("waits for the rest of a line", () => {
    const place = newFolder();
    writeEvents(place, events.slice(0, 1));
    const followed = new FollowedRun(place);
    followed.read();
    const line = JSON.stringify(events[1]);
    appendFileSync(path.join(place, "events.jsonl"), line.slice(0, 20));
    assert.deepEqual(followed.read(), []);
    appendFileSync(path.join(place, "events.jsonl"), `${line.slice(20)}\n`);
    assert.equal(followed.read()?.length, 1);
  });

  it("shows in the end what the report is built from", () => {
    const place = newFolder();
    writeEvents(place, events);
    const followed = new FollowedRun(place);
    followed.read();
    const shown = shownAfter(followed.snapshot());
    assert.deepEqual(JSON.parse(JSON.stringify(shown)), JSON.parse(JSON.stringify(readResults(place))));
  });

  it("shows the seconds of the step under way, and no warning that its end is missing", () => {
    const place = newFolder();
    writeEvents(place, events.slice(0, firstStep));
    const followed = new FollowedRun(place);
    followed.read();
    const shown = shownAfter(followed.snapshot());
    assert.equal(shown?.current?.seconds.length, 14);
    assert.doesNotMatch(shown?.warnings.join() ?? "", /cut off/);
  });

  it("skips lines that cannot be read, and reports the first one", () => {
    const place = newFolder();
    writeEvents(place, events.slice(0, 2));
    appendFileSync(path.join(place, "events.jsonl"), '{"event":"warning"}\nrubbish\n');
    writeEvents(place, events.slice(2, 4));
    const followed = new FollowedRun(place);
    assert.equal(followed.read()?.length, 4);
    assert.match(followed.unreadable ?? "", /events\.jsonl, line 3: /);
  });

  it("begins again when the log is another one", () => {
    const place = newFolder();
    writeEvents(place, events);
    const followed = new FollowedRun(place);
    followed.read();
    writeFileSync(path.join(place, "events.jsonl"), `${JSON.stringify(events[0])}\n`);
    assert.equal(followed.read(), undefined);
    assert.equal(shownAfter(followed.snapshot())?.steps.length, 0);
  });
});
