import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import {
  allNotedFaults,
  type FaultNote,
  forgetFaults,
  type LeftFault,
  notedFaults,
  noteFaults,
} from "../../lib/faults/left.ts";
import { type FaultSources, faultsLeft } from "./leftFaults.ts";

const note = (stack: string): FaultNote => ({ stack, labels: ["a=1", "b=2"], nodes: [], pid: 7 });
const fault = (state: LeftFault["state"]): LeftFault => ({
  node: "node2",
  state,
  fault: "broker-pause",
  service: "broker-1",
});

/** Doctor's sources for one stack with a note. */
function sources(changes: Partial<FaultSources> = {}) {
  const forgotten: string[] = [];
  const undone: string[] = [];
  const all: FaultSources = {
    notes: () => [note("lab")],
    isRunning: () => false,
    list: async () => [],
    undo: async ({ stack }) => {
      undone.push(stack);
      return { undone: [], errors: [] };
    },
    forget: (stack) => forgotten.push(stack),
    ...changes,
  };
  return { all, forgotten, undone };
}

describe("doctor", () => {
  it("finds faults that a killed run left, and undoes them", async () => {
    const { all, undone, forgotten } = sources({ list: async () => [fault("left")] });
    const { own, notes } = await faultsLeft(() => true, all);
    assert.deepEqual([notes, forgotten], [[], []]);
    assert.match(
      own[0]?.what ?? "",
      /^fault broker-pause of broker-1 on node2 of stack lab: its run has ended$/,
    );
    await own[0]?.remove();
    assert.deepEqual(undone, ["lab"]);
  });

  it("says what could not be undone", async () => {
    const undo = async () => ({ undone: [], errors: ["node2: no route"] });
    const { all } = sources({ list: async () => [fault("left")], undo });
    const { own } = await faultsLeft(() => true, all);
    await assert.rejects(async () => own[0]?.remove(), /node2: no route/);
  });

  it("leaves faults alone that are under way", async () => {
    const active = sources({ list: async () => [fault("active")] });
    const found = await faultsLeft(() => true, active.all);
    assert.deepEqual([found.own, active.forgotten], [[], []]);
    assert.match(found.notes[0] ?? "", /is under way, and is undone by itself/);
    const running = sources({ isRunning: () => true, list: () => assert.fail("not asked") });
    assert.match(
      (await faultsLeft(() => true, running.all)).notes[0] ?? "",
      /a run with faults is under way on lab/,
    );
  });

  it("forgets a stack without faults, or without nodes, and keeps one whose nodes do not answer", async () => {
    const clean = sources();
    assert.deepEqual(await faultsLeft(() => undefined, clean.all), { own: [], notes: [] });
    assert.deepEqual(clean.forgotten, ["lab"]);
    const gone = sources({ list: () => assert.fail("not asked") });
    assert.deepEqual(await faultsLeft(() => false, gone.all), { own: [], notes: [] });
    assert.deepEqual(gone.forgotten, ["lab"]);
    const silent = sources({ list: () => Promise.reject(new Error("node2: no answer")) });
    assert.match(
      (await faultsLeft(() => true, silent.all)).notes[0] ?? "",
      /could not be looked for: node2: no answer/,
    );
    assert.deepEqual(silent.forgotten, []);
  });
});

describe("the note of a stack with faults", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is kept until it is forgotten; one that cannot be read is ignored", () => {
    assert.deepEqual(allNotedFaults(folder), []);
    noteFaults(folder, note("lab"));
    noteFaults(folder, note("other"));
    assert.deepEqual(notedFaults(folder, "lab"), note("lab"));
    forgetFaults(folder, "lab");
    assert.equal(notedFaults(folder, "lab"), undefined);
    writeFileSync(path.join(folder, "faults", "broken.json"), "{");
    assert.deepEqual(allNotedFaults(folder), [note("other")]);
  });
});
