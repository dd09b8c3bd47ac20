import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PartitionGaps } from "../../contract/recovery.ts";
import { AckGaps, gapsKept, mergedGaps } from "./ackGaps.ts";

const START_MS = 1_764_000_000_000;
const MOST = 32;

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
  for (const { task, partition, due, acked } of inTime(all))
    tasks[task]?.add(partition, (START_MS + due) * 1e3, (START_MS + acked) * 1e3);
  return tasks.map((task) => task.all());
}

const inTime = (all: readonly Ack[]) => all.toSorted((a, b) => a.acked - b.acked);

/** All gaps of a partition, and the first acknowledgement after each of a message that was due after its start. */
function plainGaps(all: readonly Ack[], partition: number) {
  const own = inTime(all).filter((ack) => ack.partition === partition);
  const times = [...new Set([0, ...own.map(({ acked }) => acked)])];
  return times.slice(1).map((to, index) => {
    const from = times[index] as number;
    return { from, to, acked: own.find((ack) => ack.acked >= to && ack.due >= from)?.acked };
  });
}

const longest = (gaps: readonly { from: number; to: number }[]) =>
  Math.max(0, ...gaps.map(({ from, to }) => to - from));

describe("gaps between acknowledgements", () => {
  it("are the longest ones of each partition, with the first acknowledgement of a message that was due after their start", () => {
    fc.assert(
      fc.property(acks, fc.integer({ min: 1, max: 40 }), (all, most) => {
        for (const [task, gaps] of recorded(all, most).entries()) {
          for (const { partition, gaps: own, droppedMs, latestMs } of gaps) {
            const plain = plainGaps(
              all.filter((ack) => ack.task === task),
              partition,
            );
            const listed = own.map(([from]) => from - START_MS);
            assert.equal(own.length, Math.min(most, plain.length));
            for (const [from, to, acked] of own) {
              const expected = plain.find((each) => each.from === from - START_MS);
              assert.deepEqual(
                [to, acked].map((ms) => ms - START_MS),
                [expected?.to, expected?.acked ?? expected?.to],
              );
            }
            assert.equal(droppedMs, longest(plain.filter(({ from }) => !listed.includes(from))));
            assert.equal(latestMs - START_MS, plain.at(-1)?.to ?? 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("of several tasks are those in which none of them got an acknowledgement; none longer than stated is missing", () => {
    fc.assert(
      fc.property(acks, fc.integer({ min: 1, max: 40 }), (all, most) => {
        for (const { partition, gaps: own, droppedMs, latestMs } of mergedGaps(recorded(all, most))) {
          const plain = plainGaps(all, partition);
          const listed = own.map(([from]) => from - START_MS);
          for (const [from, to, acked] of own) {
            const expected = plain.find((each) => each.from === from - START_MS);
            assert.equal(to - START_MS, expected?.to);
            assert.ok(acked >= to && acked - START_MS <= (expected?.acked ?? Number.POSITIVE_INFINITY));
          }
          assert.ok(longest(plain.filter(({ from }) => !listed.includes(from))) <= droppedMs);
          assert.equal(latestMs - START_MS, plain.at(-1)?.to ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("stay few while thousands of messages wait behind an outage", () => {
    const gaps = new AckGaps(0, MOST);
    // Due every ms. From 20 s on, nothing is acknowledged for 5 s, then two messages each ms.
    for (let message = 1; message <= 60_000; message += 1) {
      const ackedMs = message < 20_000 ? message : Math.max(message, 25_000 + (message - 20_000) / 2);
      gaps.add(0, message * 1e3, ackedMs * 1e3);
    }
    const [own] = gaps.all();
    assert.equal(own?.gaps.length, MOST);
    assert.deepEqual(
      own?.gaps.find(([from, to]) => to - from > 10),
      [19_999, 25_000, 25_000],
    );
    assert.ok((own?.droppedMs ?? 99) <= 2);
  });

  it("do not end with messages that were under way before them, as far as their answer is asked for", () => {
    const gaps = new AckGaps(0, MOST);
    for (const [due, acked] of [
      [1, 2],
      [1.5, 50],
      [1.8, 51],
      [10, 60],
    ] as const)
      gaps.add(0, due * 1e3, acked * 1e3);
    assert.deepEqual(
      gaps.all()[0]?.gaps.find(([from]) => from === 2),
      [2, 50, 60],
    );
  });

  it("are those of the partitions that acknowledged something", () => {
    assert.deepEqual(new AckGaps(0, 4).all(), []);
    assert.deepEqual(mergedGaps([[], []]), []);
    const one: PartitionGaps = { partition: 3, latestMs: 9, droppedMs: 0, gaps: [[0, 9, 10]] };
    assert.deepEqual(mergedGaps([[one], []]), [one]);
  });

  it("are few enough to send, with any number of partitions", () => {
    for (const partitions of [1, 12, 1_000, 10_000, 1_000_000]) {
      const kept = gapsKept(partitions);
      assert.ok(kept >= 4 && kept <= 32 && kept * partitions <= Math.max(10_000, 4 * partitions));
    }
  });
});
