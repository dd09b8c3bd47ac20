import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import {
  allNotedFaults,
  type FaultNote,
  forgetFaults,
  forgetGone,
  type LeftFault,
  marksHere,
  notedFaults,
  noteFaults,
  undoNoted,
} from "../../lib/faults/left.ts";
import { ShellFolder } from "../../test/support/shell.ts";
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
    forgetGone: ({ stack }) => forgotten.push(stack),
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

describe("a local node that a killed run left dead", () => {
  it("is started first, and is then asked again until it answers", async () => {
    const shell = new ShellFolder({
      docker: 'case "$1" in ps) echo lab-node2 ;; start) echo "$2" > "$DIR/started" ;; esac',
      "fake-ssh":
        '[ -f "$DIR/started" ] || exit 255; [ -f "$DIR/up" ] || { : > "$DIR/up"; exit 255; }; exec sh -c "$1"',
    });
    try {
      const marks = marksHere(shell.directory);
      mkdirSync(path.join(marks, "lab"), { recursive: true });
      writeFileSync(path.join(marks, "lab", "1"), "node-kill\nlab-node2\nbroker-1\n1\n1\n1\n");
      const bin = `env DIR=${shell.directory} PATH=${shell.directory}/bin:${process.env.PATH}`;
      const left: FaultNote = {
        ...note("lab"),
        labels: ["swarmbench.stack=lab", "swarmbench.owner=ann"],
        nodes: [
          { name: "node2", ssh: `${bin} fake-ssh`, sudo: "", marks: undefined },
          { name: "this machine", ssh: `${bin} sh -c`, sudo: "", marks },
        ],
      };
      noteFaults(shell.directory, left);
      assert.deepEqual(await undoNoted(shell.directory, left), {
        undone: ["node-kill of broker-1 on this machine"],
        errors: [],
      });
      assert.ok(!existsSync(path.join(marks, "lab")));
      assert.equal(notedFaults(shell.directory, "lab"), undefined);
    } finally {
      shell.dispose();
    }
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

  it("is forgotten with the markers on this machine if its nodes are gone, and with no others", () => {
    const marks = marksHere(folder);
    for (const prefix of ["lab", "lab2"]) mkdirSync(path.join(marks, prefix), { recursive: true });
    writeFileSync(path.join(marks, "lab", "1"), "node-kill\n");
    const nodes = [{ name: "this machine", ssh: "sh -c", sudo: "", marks }];
    const gone = { ...note("lab"), labels: ["swarmbench.stack=lab", "swarmbench.owner=ann"], nodes };
    noteFaults(folder, gone);
    forgetGone(folder, gone);
    assert.deepEqual([notedFaults(folder, "lab"), readdirSync(marks)], [undefined, ["lab2"]]);
  });
});
