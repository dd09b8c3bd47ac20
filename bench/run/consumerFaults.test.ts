import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FaultName, FaultRecord } from "../../contract/faults.ts";
import type { FaultDue } from "../../contract/result.ts";
import type { MemberChange } from "../agent/protocol.ts";
import { replaceConsumer } from "./consumerFaults.ts";
import type { Worker } from "./workers.ts";

interface Call {
  task: number;
  consumer: number;
  change: MemberChange;
}

/** Two tasks with two consumers each. @param answer what the agent does; it returns the time at which it did it, ms */
function open(answer: (call: Call) => number, signal = new AbortController().signal) {
  const calls: Call[] = [];
  const records: FaultRecord[] = [];
  const consumers = [0, 1].map((task) => ({
    share: { first: 2 * task, count: 2 },
    agent: {
      client: {
        member: async ({ consumer, change }: { consumer: number; change: MemberChange }) => {
          calls.push({ task, consumer, change });
          const at = answer({ task, consumer, change });
          return { fromMs: at - 5, toMs: at + 5 };
        },
      },
    },
  })) as unknown as Worker[];
  const run = (number: number, fault: FaultName = "consumer-leave") => {
    const due: FaultDue = {
      event: "fault-due",
      at: "2026-11-28T12:00:00.000Z",
      step: 3,
      number: 1,
      fault,
      target: `consumer ${number}`,
      hit: [`consumer-${number}`],
      plannedAtSec: 10,
      plannedSec: 0.05,
      options: {},
      dueMs: 1_000,
      error: null,
    };
    const scope = {
      id: { run: "r", step: 3 },
      consumers,
      nowSec: () => 2,
      emit: (event: { event: string }) => {
        if (event.event === "fault") records.push((event as unknown as { record: FaultRecord }).record);
      },
      signal,
    };
    return replaceConsumer(scope, due, number);
  };
  return { run, calls, records };
}

describe("a consumer that leaves", () => {
  it("joins again at the end, in the task that has it, and both times are recorded", async () => {
    const { run, calls, records } = open(({ change }) => (change === "join" ? 9_000 : 4_000));
    await run(3);
    assert.deepEqual(calls, [
      { task: 1, consumer: 2, change: "leave" },
      { task: 1, consumer: 2, change: "join" },
    ]);
    assert.deepEqual(
      records.map(({ hit, startedAt, endedAt, uncertainMs, error }) => [
        hit.join(),
        startedAt,
        endedAt,
        uncertainMs,
        error,
      ]),
      [
        ["consumer-3", 4_000, null, 5, null],
        ["consumer-3", 4_000, 9_005, 5, null],
      ],
    );
  });

  it("is killed if the fault says so, and a new one joins", async () => {
    const { run, calls, records } = open(() => 4_000);
    await run(1, "consumer-kill");
    assert.deepEqual(
      calls.map(({ change }) => change),
      ["kill", "join"],
    );
    assert.equal(records.at(-1)?.error, null);
  });

  it("is recorded with the reason if it cannot leave, and joins nevertheless, because it may have left some groups", async () => {
    const { run, calls, records } = open(({ change }) => {
      if (change === "join") return 9_000;
      throw new Error("consumer 1 leave: Timeout");
    });
    await run(1);
    assert.deepEqual(
      records.map(({ startedAt, endedAt, error }) => [startedAt, endedAt, error]),
      [[null, null, "consumer 1 leave: Timeout"]],
    );
    assert.deepEqual(
      calls.map(({ change }) => change),
      ["leave", "join"],
    );
  });

  it("is recorded with the reason if no new one can join", async () => {
    const { run, records } = open(({ change }) => {
      if (change === "join") throw new Error("agent consumers.1 does not answer");
      return 4_000;
    });
    await run(1);
    const last = records.at(-1);
    assert.deepEqual([last?.startedAt, last?.endedAt], [4_000, null]);
    assert.equal(last?.error, "agent consumers.1 does not answer");
  });

  it("does nothing more when its step has ended", async () => {
    const ending = new AbortController();
    const { run, calls, records } = open(() => {
      ending.abort();
      return 4_000;
    }, ending.signal);
    await run(1);
    assert.deepEqual(
      [calls.length, records.at(-1)?.endedAt, records.at(-1)?.error],
      [1, null, "the step ended before"],
    );
  });

  it("must be a consumer of the step", async () => {
    const { run, records } = open(() => 0);
    await run(5);
    assert.equal(records[0]?.error, "no task has consumer 5");
  });
});
