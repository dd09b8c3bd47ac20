import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PartitionGaps } from "../../contract/recovery.ts";
import { AckGaps, gapsKept, mergedGaps } from "./ackGaps.ts";

const START_MS = 1_764_000_000_000;

interface Ack {
  task: number;
  partition: number;
  /** ms since the start. */
  due: number;
  acked: number;
}
const acks = fc.array(
  fc
    .record({ task: fc.nat(2), partition: fc.nat(1), due: fc.nat(5_000), wait: fc.nat(3_000) })
    .map(({ wait, ...ack }) => ({ ...ack, acked: ack.due + wait })),
  { maxLength: 120 },
);

function recorded(all: readonly Ack[], most: number): PartitionGaps[][] {
  const tasks = [0, 1, 2].map(() => new AckGaps(START_MS * 1e3, most));
  for (const { task, partition, due, acked } of all.toSorted((a, b) => a.acked - b.acked))
    tasks[task]?.add(partition, (START_MS + due) * 1e3, (START_MS + acked) * 1e3);
  return tasks.map((task) => task.all());
}

/** When the first message was acknowledged that was due at `from` or later; undefined: never. */
function answer(all: readonly Ack[], partition: number, from: number): number | undefined {
  const times = all.filter((ack) => ack.partition === partition && ack.due >= from).map(({ acked }) => acked);
  return times.length > 0 ? Math.min(...times) : undefined;
}

function checkAgainst(all: readonly Ack[], gaps: readonly PartitionGaps[], from: number): void {
  for (const { partition, gaps: own, latestMs, droppedMs } of gaps) {
    const expected = answer(all, partition, from);
    if (expected === undefined) {
      assert.ok(latestMs < START_MS + from, `partition ${partition} from ${from}: acknowledged again`);
      continue;
    }
    const covering = own.find(([after, upto]) => after - START_MS < from && from <= upto - START_MS);
    if (covering) assert.equal(covering[2] - START_MS, expected, `partition ${partition} from ${from}`);
    else assert.ok(expected - from <= droppedMs, `partition ${partition} from ${from}: ${droppedMs}`);
  }
}

describe("gaps between acknowledgements", () => {
  it("tell when the first message was acknowledged that was due after any moment, of one task and of several", () => {
    fc.assert(
      fc.property(acks, fc.integer({ min: 1, max: 40 }), fc.array(fc.integer({ min: 1, max: 5_000 })), (all, most, froms) => {
        const tasks = recorded(all, most);
        for (const from of froms) {
          for (const [task, gaps] of tasks.entries())
            checkAgainst(
              all.filter((ack) => ack.task === task),
              gaps,
              from,
            );
          checkAgainst(all, mergedGaps(tasks), from);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("keep the longest ones, however many there are", () => {
    const gaps = new AckGaps(0, 4);
    for (let message = 1; message <= 100_000; message += 1) {
      const dueMs = message + (message > 50_000 ? 7_000 : 0) + (message > 70_000 ? 400 : 0);
      gaps.add(0, dueMs * 1e3, dueMs * 1e3 + 500);
    }
    const [own] = gaps.all();
    assert.equal(own?.gaps.length, 4);
    assert.deepEqual(
      own?.gaps.map(([after, upto]) => upto - after).filter((length) => length > 1),
      [7_001, 401],
    );
    assert.ok((own?.droppedMs ?? 0) <= 2);
  });

  it("are those of the partitions that acknowledged something", () => {
    assert.deepEqual(new AckGaps(0, 4).all(), []);
    assert.deepEqual(mergedGaps([[], []]), []);
    const [one] = mergedGaps([[{ partition: 3, latestMs: 9, droppedMs: 0, gaps: [[0, 9, 10]] }], []]);
    assert.deepEqual(one, { partition: 3, latestMs: 9, droppedMs: 0, gaps: [[0, 9, 10]] });
  });

  it("are few enough to send, with any number of partitions", () => {
    for (const partitions of [1, 12, 1_000, 10_000, 1_000_000]) {
      const kept = gapsKept(partitions);
      assert.ok(kept >= 4 && kept <= 32 && kept * partitions <= Math.max(10_000, 4 * partitions));
    }
  });
});
