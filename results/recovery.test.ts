import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backlogByPause, recoveryByPause } from "../cli/calibrate/analytic.ts";
import type { FaultRecovery } from "../contract/recovery.ts";
import { type MeasuredStep, stepSchema } from "../contract/result.ts";
import { sloSchema } from "../contract/workload.ts";
import { sampleStep } from "../test/support/sampleRun.ts";
import {
  LOAD_START,
  type SimulatedLoad,
  simulatedFault,
  simulatedStep,
} from "../test/support/simulatedFaults.ts";
import { withRecovery } from "./recovery.ts";

const slo = sloSchema.parse({});
const LOAD: SimulatedLoad = { rate: 1_000, seconds: 40, partitions: 4, capacity: 1_000, away: [] };

const recoveriesOf = (step: MeasuredStep) => (withRecovery(step, slo) as MeasuredStep).recovery ?? [];
function recoveryOf(step: MeasuredStep): FaultRecovery {
  const [recovery] = recoveriesOf(step);
  assert.ok(recovery);
  return recovery;
}
const near = (value: number | null, expected: number, by: number, what: string) =>
  assert.ok(
    value !== null && Math.abs(value - expected) <= by,
    `${what}: ${value}, expected ${expected} ± ${by}`,
  );

describe("the recovery from a pause of all brokers", () => {
  /** Pauses that the brokers make up for before the load ends. */
  const pauses = fc.record({
    from: fc.double({ min: 10, max: 14, noNaN: true }),
    paused: fc.double({ min: 1, max: 6, noNaN: true }),
    spare: fc.double({ min: 1, max: 4, noNaN: true }),
    tasks: fc.integer({ min: 1, max: 3 }),
  });

  it("is what theory says: unavailable for the pause, backlog rate times pause, then a drain at the spare capacity", () => {
    fc.assert(
      fc.property(pauses, ({ from, paused, spare, tasks }) => {
        const { rate, partitions } = LOAD;
        const pause = { paused, rate, capacity: rate * (1 + spare) };
        const away = [{ from, to: from + paused }];
        const load = { ...LOAD, capacity: pause.capacity / partitions, tasks, away };
        const { unavailable, latency, backlog } = recoveryOf(
          simulatedStep(load, [simulatedFault(from, from + paused)]),
        );
        assert.ok(unavailable);
        assert.deepEqual([unavailable.partitions, unavailable.notAgain], [partitions, 0]);
        near(unavailable.longestSec, paused, unavailable.uncertainSec, "longest unavailability");
        near(unavailable.medianSec, paused, unavailable.uncertainSec, "median unavailability");
        assert.ok(unavailable.uncertainSec < 0.05, `uncertain by ${unavailable.uncertainSec} s`);
        // The backlog is known at the ends of seconds only.
        near(backlog.peak, backlogByPause(pause), rate, "peak of the backlog");
        assert.ok(backlog.peak <= backlogByPause(pause) + 10);
        near(backlog.sinceEndSec, recoveryByPause(pause), 1.1, "drain of the backlog");
        const recovery = recoveryByPause(pause, slo.p99Ms / 1_000);
        near(latency.sinceEndSec, recovery, latency.uncertainSec, "recovery since the end");
        near(latency.sinceStartSec, paused + recovery, latency.uncertainSec, "recovery since the start");
        near(latency.maxMs, 1_000 * paused, 20, "largest latency");
        assert.deepEqual([latency.limitMs, latency.limitOf], [100, "slo"]);
      }),
      { numRuns: 20 },
    );
  });

  it("has the exact peak of the backlog if the pause ends with a second", () => {
    const step = simulatedStep({ ...LOAD, away: [{ from: 12, to: 15 }] }, [simulatedFault(12, 15)]);
    near(recoveryOf(step).backlog.peak, 3_000, 5, "peak");
  });

  it("is not within the step if the brokers cannot make up for it", () => {
    const step = simulatedStep({ ...LOAD, capacity: 251, away: [{ from: 12, to: 18 }] }, [
      simulatedFault(12, 18),
    ]);
    const { latency, backlog, observedSec } = recoveryOf(step);
    assert.deepEqual([latency.sinceStartSec, latency.sinceEndSec, backlog.sinceEndSec], [null, null, null]);
    assert.equal(observedSec, 22);
  });
});

describe("the recovery from a fault", () => {
  it("is that of the partitions that the fault hits: while one is away, the others look fast", () => {
    const away = [{ from: 12, to: 17, partitions: [2] }];
    const { unavailable, latency } = recoveryOf(simulatedStep({ ...LOAD, away }, [simulatedFault(12, 17)]));
    near(unavailable?.longestSec ?? null, 5, 0.05, "longest");
    near(unavailable?.medianSec ?? null, 0, 0.05, "median");
    assert.ok((latency.sinceStartSec ?? 0) >= 5, `good ${latency.sinceStartSec} s after the start`);
  });

  it("names partitions that never acknowledged again, and has no longest time then", () => {
    const away = [{ from: 12, to: Number.POSITIVE_INFINITY, partitions: [0] }];
    const step = simulatedStep({ ...LOAD, away }, [simulatedFault(12, 15)]);
    const { unavailable, latency } = recoveryOf({ ...step, drainSeconds: null });
    assert.deepEqual([unavailable?.notAgain, unavailable?.longestSec], [1, null]);
    near(unavailable?.medianSec ?? null, 0, 0.05, "median");
    assert.equal(latency.sinceEndSec, null);
  });

  it("finds nothing where a fault did nothing", () => {
    const { unavailable, latency, backlog } = recoveryOf(simulatedStep(LOAD, [simulatedFault(12.3, 14.2)]));
    near(unavailable?.longestSec ?? null, 0, unavailable?.uncertainSec ?? 0, "longest");
    assert.deepEqual([latency.sinceStartSec, latency.sinceEndSec, backlog.sinceEndSec], [0, 0, 0]);
  });

  it("finds a time without service that begins while the fault lasts, not at its start", () => {
    const { unavailable } = recoveryOf(
      simulatedStep({ ...LOAD, away: [{ from: 13, to: 14.5 }] }, [simulatedFault(12, 16)]),
    );
    near(unavailable?.longestSec ?? null, 1.5, 0.05, "longest");
  });

  it("does not miss a fault whose start was recorded too early, within its uncertainty", () => {
    const fault = simulatedFault(11.8, 12.8, { uncertainMs: 300 });
    const { unavailable } = recoveryOf(simulatedStep({ ...LOAD, away: [{ from: 12, to: 13 }] }, [fault]));
    near(unavailable?.longestSec ?? null, 1, unavailable?.uncertainSec ?? 0, "longest");
    assert.ok((unavailable?.uncertainSec ?? 0) >= 0.3);
  });

  it("does not wait for messages that were lost", () => {
    const away = [{ from: 12, to: 14, lose: true }];
    const { latency, backlog } = recoveryOf(simulatedStep({ ...LOAD, away }, [simulatedFault(12, 14)]));
    assert.ok((latency.sinceEndSec ?? 9) <= 1 && (backlog.sinceEndSec ?? 9) <= 1);
  });

  it("of which there are several ends where the next one begins", () => {
    const away = [
      { from: 12, to: 14 },
      { from: 22, to: 25 },
    ];
    const faults = [simulatedFault(12, 14), simulatedFault(22, 25, { number: 2 })];
    const [first, second] = recoveriesOf(simulatedStep({ ...LOAD, away }, faults));
    assert.deepEqual([first?.fault, first?.observedSec, second?.fault, second?.observedSec], [1, 8, 2, 15]);
    near(first?.unavailable?.longestSec ?? null, 2, 0.05, "first");
    near(second?.unavailable?.longestSec ?? null, 3, 0.05, "second");
    near(first?.backlog.peak ?? null, 2_000, 10, "first peak");
    near(second?.backlog.peak ?? null, 3_000, 10, "second peak");
  });

  it("is measured against twice the p99 before it where that missed the SLO anyway", () => {
    const load = { ...LOAD, latency: 0.15, away: [{ from: 12, to: 14 }] };
    const { latency } = recoveryOf(simulatedStep(load, [simulatedFault(12, 14)]));
    assert.equal(latency.limitOf, "before");
    near(latency.limitMs, 300, 2, "limit");
    near(latency.sinceEndSec, 2 / 3, 1.1, "recovery");
  });

  it("says nothing of unavailability without acknowledgements, and counts a fault without an end from its start", () => {
    const step = simulatedStep({ ...LOAD, away: [{ from: 12, to: 14 }] }, [simulatedFault(12, null)]);
    const { unavailable, latency } = recoveryOf({ ...step, ackGaps: [] });
    assert.equal(unavailable, null);
    assert.equal(latency.sinceStartSec, latency.sinceEndSec);
  });

  it("is absent where no fault began, and where seconds were thinned", () => {
    const step = simulatedStep(LOAD, [simulatedFault(12, 14, { startedAt: null, endedAt: null })]);
    assert.equal("recovery" in withRecovery(step, slo), false);
    assert.equal("recovery" in withRecovery(sampleStep(1, 10, 2), slo), false);
    const thin = {
      ...step,
      faults: [simulatedFault(12, 14)],
      seconds: step.seconds.map((each) => ({ ...each, span: 2 })),
    };
    assert.equal("recovery" in withRecovery(thin, slo), false);
  });

  it("is part of the schema of results", () => {
    const step = withRecovery(simulatedStep(LOAD, [simulatedFault(12, 14)]), slo);
    assert.deepEqual(stepSchema.parse(step), step);
    assert.equal(step.faults?.[0]?.startedAt, 1_000 * (LOAD_START + 12));
  });
});
