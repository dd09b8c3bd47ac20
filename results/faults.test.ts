import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FaultRecord } from "../contract/faults.ts";
import { eventSchema, type RunEvent } from "../contract/result.ts";
import { faultsByStep, NOT_EXECUTED } from "./faults.ts";

const at = "2026-11-27T12:00:00.000Z";
const planned = { target: "broker 1", hit: ["broker-1"], plannedAtSec: 10, plannedSec: 5 };
const due = (step: number, number: number, error: string | null = null): RunEvent => ({
  event: "fault-due",
  at,
  step,
  number,
  fault: "broker-pause",
  ...planned,
  options: {},
  dueMs: 1_000,
  error,
});
const record = (step: number, number: number, changes: Partial<FaultRecord>): RunEvent => ({
  event: "fault",
  at,
  record: {
    step,
    number,
    fault: "broker-pause",
    ...planned,
    startedAt: 1_000,
    endedAt: null,
    uncertainMs: 2,
    error: null,
    ...changes,
  },
});
const started = (step: number): RunEvent => ({ event: "step-started", at, step, values: {} });
const ended = (step: number) => ({ event: "step", at, result: { step } }) as unknown as RunEvent;

describe("the faults of a step", () => {
  it("have the last record of each, whenever it was written", () => {
    const events = [
      started(1),
      due(1, 1),
      record(1, 1, {}),
      due(1, 2),
      record(1, 2, { startedAt: 7_000 }),
      ended(1),
      record(1, 1, { endedAt: 6_000 }),
    ];
    const faults = faultsByStep(events).get(1) ?? [];
    assert.deepEqual(
      faults.map(({ number, startedAt, endedAt }) => [number, startedAt, endedAt]),
      [
        [1, 1_000, 6_000],
        [2, 7_000, null],
      ],
    );
  });

  it("are in the results of an interrupted run with what was known, and after a step's end say if they were not executed", () => {
    const open = [started(1), due(1, 1)];
    assert.deepEqual(
      faultsByStep(open)
        .get(1)
        ?.map(({ error }) => error),
      [null],
    );
    assert.deepEqual(
      faultsByStep([...open, ended(1)])
        .get(1)
        ?.map(({ error }) => error),
      [NOT_EXECUTED],
    );
    const unknown = [started(1), due(1, 1, "its target is not known"), ended(1)];
    assert.equal(faultsByStep(unknown).get(1)?.[0]?.error, "its target is not known");
  });

  it("are those of the last attempt if a step was repeated", () => {
    const events = [
      started(1),
      due(1, 1),
      record(1, 1, {}),
      started(1),
      due(1, 1),
      record(1, 1, { startedAt: 9_000 }),
    ];
    assert.deepEqual(
      faultsByStep(events)
        .get(1)
        ?.map(({ startedAt }) => startedAt),
      [9_000],
    );
    assert.equal(faultsByStep([...events, started(1)]).get(1), undefined);
  });

  it("come from events that match their schema", () => {
    for (const event of [due(1, 1), record(1, 1, {})]) assert.deepEqual(eventSchema.parse(event), event);
  });
});
