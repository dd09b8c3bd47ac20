import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRecord } from "../../../contract/faults.ts";
import type { FaultDue } from "../../../contract/result.ts";
import type { FaultNode, NodeFault } from "../../../lib/faults/scripts.ts";
import { FaultRun } from "./faultRun.ts";
import { type FaultReports, report } from "./nodeFault.ts";

const node = (name: string): FaultNode => ({ name, ssh: `ssh ${name}`, sudo: "" });
const MANAGER = node("manager");
const HERE = node("this machine");

interface Started {
  node: FaultNode;
  fault: NodeFault;
  reports: FaultReports;
  cuts: number;
  end(error?: Error): void;
}

/** A run of three brokers whose scripts the test plays. */
function open(undo: () => Promise<boolean> = async () => false) {
  const started: Started[] = [];
  const records: FaultRecord[] = [];
  const state = { undone: 0, allUndone: false };
  const run = new FaultRun({
    run: "run",
    stack: {
      labels: ["swarmbench.stack=x", "swarmbench.owner=y"],
      manager: MANAGER,
      here: HERE,
      nodes: new Map(
        [1, 2, 3].map((number) => [
          `broker-${number}`,
          { ...node(`node${number}`), container: `lab-node${number}` },
        ]),
      ),
    },
    start: (on, fault, _labels, reports) => {
      const each: Started = { node: on, fault, reports, cuts: 0, end: () => {} };
      const done = new Promise<void>((resolve, reject) => {
        each.end = (error) => (error ? reject(error) : resolve());
      });
      started.push(each);
      return {
        cut: () => {
          each.cuts += 1;
        },
        done,
      };
    },
    undo: () => {
      state.undone += 1;
      return undo();
    },
    record: (record) => records.push(record),
    progress: () => {},
    allUndone: () => {
      state.allUndone = true;
    },
  });
  const take = async (changes: Partial<FaultDue> = {}) => {
    const due: FaultDue = {
      event: "fault-due",
      at: "2026-11-27T12:00:00.000Z",
      step: 1,
      number: 1,
      fault: "broker-pause",
      target: "leader of partition 0",
      hit: ["broker-2"],
      plannedAtSec: 10,
      plannedSec: 5,
      options: {},
      dueMs: 123_000,
      error: null,
      ...changes,
    };
    run.take(JSON.stringify(due));
    await sleep(150);
  };
  return { run, take, started, records, state, last: () => records.at(-1) ?? assert.fail() };
}

const moment = (ms: number) => ({ fromMs: ms - 2, toMs: ms + 2 });

describe("the faults of a run", () => {
  it("are executed on the broker's node at their time, and recorded as they begin and end", async () => {
    const { run, take, started, records, state } = open();
    await take();
    const [script] = started;
    assert.ok(script);
    assert.equal(script.node.name, "node2");
    assert.deepEqual(script.fault, {
      fault: "broker-pause",
      id: "run-1-1-broker-2",
      service: "broker-2",
      peers: [],
      container: "lab-node2",
      dueMs: 123_000,
      durationSec: 5,
      options: {},
    });
    script.reports.began(moment(1_000));
    script.reports.ended({ fromMs: 6_000, toMs: 6_010 });
    script.end();
    await run.end();
    const brief = records.map(({ hit, startedAt, endedAt, uncertainMs, error }) => [
      hit.join(),
      startedAt,
      endedAt,
      uncertainMs,
      error,
    ]);
    const whole = ["broker-2", 1_000, 6_005, 5, null];
    assert.deepEqual(brief, [["broker-2", 1_000, null, 2, null], whole, whole]);
    assert.deepEqual(state, { undone: 0, allUndone: true });
  });

  it("of several brokers begin with the first and end with the last", async () => {
    const { run, take, started, last } = open();
    await take({ hit: ["broker-1", "broker-2"] });
    const [one, two] = started;
    two?.reports.began(moment(1_000));
    one?.reports.began(moment(1_100));
    one?.reports.ended(moment(6_000));
    assert.equal(last().endedAt, null);
    two?.reports.ended(moment(6_500));
    for (const script of started) script.end();
    await run.end();
    assert.deepEqual(
      [last().hit, last().startedAt, last().endedAt],
      [["broker-1", "broker-2"], 1_000, 6_500],
    );
  });

  it("cut a broker off from the services of the brokers that they name", async () => {
    const { take, started } = open();
    await take({ fault: "broker-cut", options: { from: ["broker 1", "broker 3"] } });
    assert.deepEqual(started[0]?.fault.peers, ["broker-1", "broker-3"]);
  });

  it("of consumers are left to the runner", async () => {
    const { run, take, started, records } = open();
    await take({ fault: "consumer-leave", target: "consumer 1", hit: ["consumer-1"] });
    await run.end();
    assert.deepEqual([started, records], [[], []]);
  });

  it("that stop a service are executed on the manager", async () => {
    const { take, started } = open();
    await take({ fault: "broker-stop" });
    assert.equal(started[0]?.node, MANAGER);
  });

  it("that kill a local node are executed on this machine", async () => {
    const { take, started } = open();
    await take({ fault: "node-kill" });
    assert.deepEqual([started[0]?.node, started[0]?.fault.container], [HERE, "lab-node2"]);
  });

  it("are ended at once when the run is stopped, and none begins after that", async () => {
    const { run, take, started, last } = open();
    await take();
    started[0]?.reports.began(moment(1_000));
    run.stop();
    assert.equal(started[0]?.cuts, 1);
    await take({ number: 2 });
    assert.equal(started.length, 1);
    started[0]?.reports.ended(moment(1_700));
    started[0]?.end();
    await run.end();
    assert.equal(last().endedAt, 1_700);
  });

  it("that last end with their step, if it failed", async () => {
    const { run, take, started } = open();
    await take();
    await take({ number: 2, fault: "broker-kill", plannedSec: null, hit: ["broker-1"] });
    const { sampleRun } = await import("../../../test/support/sampleRun.ts");
    const [result] = sampleRun().steps;
    run.take(
      JSON.stringify({ event: "step", at: "2026-11-27T12:00:00.000Z", result: { ...result, step: 1 } }),
    );
    assert.deepEqual(
      started.map(({ cuts }) => cuts),
      [1, 0],
    );
  });

  it("whose target is not known are recorded, and not executed", async () => {
    const { run, take, started, last } = open();
    await take({ hit: [], error: "its target is not known: no broker answers" });
    await run.end();
    assert.equal(started.length, 0);
    assert.deepEqual([last().startedAt, last().error], [null, "its target is not known: no broker answers"]);
  });

  it("whose script did not report their end are looked for and undone, and the record says so", async () => {
    const { run, take, started, last, state } = open(async () => true);
    await take();
    started[0]?.reports.began(moment(1_000));
    started[0]?.end(new Error("node2: Connection reset"));
    await run.end();
    assert.match(last().error ?? "", /broker-2: node2: Connection reset; broker-2: .* undone afterwards/);
    assert.deepEqual([last().endedAt, state], [null, { undone: 1, allUndone: true }]);
  });

  it("that may not be undone are remembered for the next run and for doctor", async () => {
    const { run, take, started, last, state } = open(() => Promise.reject(new Error("node2: no route")));
    await take();
    started[0]?.end(new Error("node2: Connection reset"));
    await run.end();
    assert.match(last().error ?? "", /may not be undone: node2: no route/);
    assert.equal(state.allUndone, false);
  });
});

describe("a line of a fault's script", () => {
  it("is a moment or a failure; other lines, as of a login shell, are ignored", () => {
    const seen: unknown[] = [];
    const reports: FaultReports = {
      began: (each) => seen.push(["began", each]),
      ended: (each) => seen.push(["ended", each]),
      failed: (text) => seen.push(["failed", text]),
    };
    for (const line of ["Welcome!", "began 1 3", "began soon", "ended 4 5 ", "failed it is gone ", ""])
      report(line, reports);
    assert.deepEqual(seen, [
      ["began", { fromMs: 1, toMs: 3 }],
      ["ended", { fromMs: 4, toMs: 5 }],
      ["failed", "it is gone"],
    ]);
  });
});
