import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { logCheckSchema } from "../../contract/logCheck.ts";
import { Bitmap } from "./bitmap.ts";
import { LogCheck, type Recorded, recordedBy } from "./logCheck.ts";

const bits = (numbers: Iterable<number>) => {
  const bitmap = new Bitmap();
  for (const number of numbers) bitmap.set(number);
  return bitmap;
};
const recorded = (
  producer: number,
  sent: number,
  acked: Iterable<number>,
  failed: number[] = [],
): Recorded => ({
  producer,
  sent,
  acked: bits(acked),
  failed: bits(failed),
});
const upTo = (count: number) => Array.from({ length: count }, (_, sequence) => sequence);

/** What is done to a message on purpose. */
const FATES = [
  "none",
  "none",
  "none",
  "removed",
  "duplicated",
  "swapped",
  "unacked",
  "never written",
] as const;
/** The messages of a step: for each its producer, its partition and its fate. */
const schedules = fc.array(
  fc.record({
    producer: fc.nat(3),
    partition: fc.nat(2),
    fate: fc.constantFrom(...FATES),
    answered: fc.boolean(),
  }),
  { minLength: 1, maxLength: 200 },
);
type Schedule = { producer: number; partition: number; fate: (typeof FATES)[number]; answered: boolean }[];
interface Unread {
  partition: number;
  messages: Message[];
}
interface Message {
  producer: number;
  sequence: number;
}

/** Builds the log of a schedule, what its producers recorded, and what the check must find. */
function built(schedule: Schedule) {
  const producers = upTo(4).map(() => ({ sent: 0, acked: [] as number[], failed: [] as number[] }));
  const log: Message[][] = [[], [], []];
  const expected = { missing: 0, unacked: 0, duplicated: 0, reordered: 0, failed: 0, unanswered: 0 };
  const missing: Message[] = [];
  for (const { producer, partition, fate, answered } of schedule) {
    const records = producers[producer] as (typeof producers)[number];
    const message = { producer, sequence: records.sent };
    const messages = log[partition] as Message[];
    records.sent += 1;
    if (fate === "unacked" || fate === "never written") {
      expected[answered ? "failed" : "unanswered"] += 1;
      if (answered) records.failed.push(message.sequence);
    } else {
      records.acked.push(message.sequence);
    }
    if (fate === "removed") missing.push(message);
    if (fate === "removed" || fate === "never written") continue;
    if (fate === "unacked") expected.unacked += 1;
    messages.push(message);
    if (fate === "duplicated") {
      messages.push(message);
      expected.duplicated += 1;
    }
    // Put before the previous message of the partition, if that one is of the same producer and has not been moved.
    const previous = messages.at(-2);
    if (fate !== "swapped" || previous?.producer !== producer || previous === messages.at(-3)) continue;
    if (
      messages.slice(0, -2).some((each) => each.producer === producer && each.sequence >= previous.sequence)
    )
      continue;
    messages.splice(-2, 2, message, previous);
    expected.reordered += 1;
  }
  expected.missing = missing.length;
  return { producers, log, expected, missing };
}

function checked({ producers, log }: Pick<ReturnType<typeof built>, "producers" | "log">) {
  const check = new LogCheck(
    producers.map(({ sent, acked, failed }, producer) => recorded(producer, sent, acked, failed)),
  );
  for (const [partition, messages] of log.entries()) {
    for (const { producer, sequence } of messages) check.add(partition, producer, sequence);
  }
  return check.result();
}

describe("the log check", () => {
  it("finds what was removed, duplicated, swapped and not acknowledged on purpose, exactly", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const scene = built(schedule);
        const result = checked(scene);
        const { missing, unacked, duplicated, reordered, failed, unanswered } = result;
        assert.deepEqual({ missing, unacked, duplicated, reordered, failed, unanswered }, scene.expected);
        assert.equal(result.sent, schedule.length);
        assert.equal(result.sent, result.acked + result.failed + result.unanswered);
        assert.equal(result.unrecorded + result.foreign + result.deleted, 0);
        for (const { producer, missing: count, missingSequences } of result.producers) {
          const own = scene.missing
            .filter((each) => each.producer === producer)
            .map(({ sequence }) => sequence);
          assert.equal(count, own.length);
          const shown = missingSequences.flatMap(([from, to]) =>
            upTo(to - from + 1).map((index) => from + index),
          );
          assert.deepEqual(shown, own.slice(0, shown.length));
          assert.ok(shown.length === own.length || missingSequences.length === 20);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("raises no false alarm, in whatever order the partitions are read", () => {
    fc.assert(
      fc.property(schedules, fc.infiniteStream(fc.nat(100)), (schedule, turns) => {
        const { producers, log } = built(schedule.map((each) => ({ ...each, fate: "none" })));
        const check = new LogCheck(
          producers.map(({ sent, acked }, producer) => recorded(producer, sent, acked)),
        );
        const unread = [...log.entries()].map(([partition, messages]) => ({ partition, messages }));
        for (let left = schedule.length; left > 0; left -= 1) {
          const begun = unread.filter(({ messages }) => messages.length > 0);
          const { partition, messages } = begun[(turns.next().value as number) % begun.length] as Unread;
          const { producer, sequence } = messages.shift() as Message;
          check.add(partition, producer, sequence);
        }
        const result = check.result();
        assert.deepEqual([result.producers, result.partitions], [[], []]);
        assert.deepEqual([result.present, result.missing], [schedule.length, 0]);
      }),
    );
  });

  it("agrees with plain sets and lists on any log, however damaged", () => {
    const logs = fc.array(fc.record({ partition: fc.nat(2), producer: fc.nat(3), sequence: fc.nat(30) }));
    fc.assert(
      fc.property(logs, fc.array(fc.nat(25)), (log, acked) => {
        const check = new LogCheck(upTo(3).map((producer) => recorded(producer, 20, acked)));
        for (const { partition, producer, sequence } of log) check.add(partition, producer, sequence);
        const { missing, unacked, duplicated, reordered, unrecorded } = check.result();
        const own = log.filter(({ producer, sequence }) => producer < 3 && sequence < 20);
        const key = ({ producer, sequence }: Message) => producer * 100 + sequence;
        const present = new Set(own.map(key));
        const firsts = own.filter(
          (each, index) => own.findIndex((other) => key(other) === key(each)) === index,
        );
        const behind = firsts.filter((each, index) =>
          firsts
            .slice(0, index)
            .some(
              (other) =>
                other.producer === each.producer &&
                other.partition === each.partition &&
                other.sequence > each.sequence,
            ),
        );
        const wanted = new Set(acked.filter((sequence) => sequence < 20));
        const lacking = upTo(3).flatMap((producer) =>
          [...wanted].filter((sequence) => !present.has(key({ producer, sequence }))),
        );
        const unasked = [...present].filter((each) => !wanted.has(each % 100));
        assert.deepEqual(
          { missing, unacked, duplicated, reordered, unrecorded },
          {
            missing: lacking.length,
            unacked: unasked.length,
            duplicated: own.length - present.size,
            reordered: behind.length,
            unrecorded: log.length - own.length,
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  it("counts by producer and by partition, and lists only those with deviations", () => {
    const check = new LogCheck([recorded(7, 5, upTo(5)), recorded(8, 3, upTo(3))]);
    for (const sequence of [0, 2, 1, 2]) check.add(4, 7, sequence);
    for (const sequence of upTo(3)) check.add(3, 8, sequence);
    check.add(4, 9, 0);
    check.add(4, 8, 3);
    check.addForeign(4);
    check.addDeleted(2, 6);
    const { producers, partitions, ...totals } = check.result();
    const none = { duplicated: 0, reordered: 0, unrecorded: 0, foreign: 0, deleted: 0 };
    assert.deepEqual(producers, [
      { producer: 7, missing: 2, unacked: 0, duplicated: 1, reordered: 1, missingSequences: [[3, 4]] },
    ]);
    assert.deepEqual(partitions, [
      { partition: 2, ...none, deleted: 6 },
      { partition: 4, ...none, duplicated: 1, reordered: 1, unrecorded: 2, foreign: 1 },
    ]);
    assert.deepEqual([totals.sent, totals.present, totals.missing, totals.deleted], [8, 6, 2, 6]);
    const topics = partitions.map((each) => ({ topic: "t", ...each }));
    logCheckSchema.parse({ ...totals, producers, partitions: topics, seconds: 1 });
  });

  it("stays small whatever the log holds: huge numbers are counted, not stored", () => {
    const check = new LogCheck([recorded(0, 1, [0])]);
    for (let index = 0; index < 1_000; index += 1) check.add(0, 0, 4_294_967_295 - index);
    check.add(0, 4_294_967_295, 0);
    assert.deepEqual([check.result().unrecorded, check.missing], [1_001, 1]);
  });

  it("lists at most 1,000 producers, those with the most missing messages first, and counts the others", () => {
    const check = new LogCheck(
      upTo(1_500).map((producer) => recorded(producer, 2, upTo(producer === 1_400 ? 2 : 1))),
    );
    const { producers, producersLeftOut, missing } = check.result();
    assert.deepEqual([producers.length, producersLeftOut, missing], [1_000, 500, 1_501]);
    assert.deepEqual(producers[0]?.producer, 1_400);
  });

  it("reads what producers recorded, and refuses a bitmap that would not fit into memory", () => {
    const producer = { producer: 3, window: { from: 0, to: 0 }, sent: 0, late: 0, unsent: 0, sentTo: 9 };
    const totals = { role: "producer" as const, clocks: [], errors: {}, ack: "", lag: "", sameNode: null };
    const encoded = { acked: bits([1]).encode(), failed: bits([2]).encode() };
    const [one] = recordedBy([{ ...totals, producers: [{ ...producer, ...encoded }] }]);
    assert.deepEqual(
      [one?.sent, one?.acked.has(1), one?.failed.has(2), one?.failed.count],
      [9, true, true, 1],
    );
    const invalid = { ...encoded, acked: "AAAA" };
    assert.throws(() => recordedBy([{ ...totals, producers: [{ ...producer, ...invalid }] }]));
  });
});
