import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type DeviatingSecond, logCheckSchema } from "../../contract/logCheck.ts";
import type { Arrival } from "../../contract/workload.ts";
import { dueTimes, intendedTimes } from "../../test/support/dueTimes.ts";
import { Bitmap } from "./bitmap.ts";
import type { DueTimes } from "./deviatingSeconds.ts";
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
/** Loads whose messages are due at regular and at irregular times. */
const loads = fc
  .record({
    arrival: fc.constantFrom<Arrival>(
      "constant",
      "poisson",
      { burst: { size: 7 } },
      { ramp: { from: 0.1, over: 9 } },
    ),
    rate: fc.integer({ min: 2, max: 300 }),
    seed: fc.nat(),
  })
  .map(({ arrival, rate, seed }) =>
    dueTimes({ seed, workload: { producers: 4, rate, arrival }, endUs: 1_000e6 }),
  );
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
/** By producer and sequence: the intended time, µs since 1970. */
type Times = readonly (readonly number[])[];
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
  const deviations: [keyof Omit<DeviatingSecond, "at">, Message][] = [];
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
    if (fate === "removed") {
      missing.push(message);
      deviations.push(["missing", message]);
    }
    if (fate === "removed" || fate === "never written") continue;
    if (fate === "unacked") {
      expected.unacked += 1;
      deviations.push(["unacked", message]);
    }
    messages.push(message);
    if (fate === "duplicated") {
      messages.push(message);
      expected.duplicated += 1;
      deviations.push(["duplicated", message]);
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
    deviations.push(["reordered", previous]);
  }
  expected.missing = missing.length;
  return { producers, log, expected, missing, deviations };
}

/** The deviations of a scene by the second in which the messages were due. */
function bySecondOf({ deviations }: ReturnType<typeof built>, times: Times): DeviatingSecond[] {
  const seconds = new Map<number, DeviatingSecond>();
  for (const [kind, { producer, sequence }] of deviations) {
    const at = Math.floor((times[producer]?.[sequence] as number) / 1e6);
    const second = seconds.get(at) ?? { at, missing: 0, unacked: 0, duplicated: 0, reordered: 0 };
    second[kind] += 1;
    seconds.set(at, second);
  }
  return [...seconds.values()].sort((a, b) => a.at - b.at);
}

function checked(
  { producers, log }: Pick<ReturnType<typeof built>, "producers" | "log">,
  due: DueTimes,
  times: Times,
) {
  const check = new LogCheck(
    producers.map(({ sent, acked, failed }, producer) => recorded(producer, sent, acked, failed)),
    due,
  );
  for (const [partition, messages] of log.entries()) {
    for (const { producer, sequence } of messages)
      check.add(partition, producer, sequence, times[producer]?.[sequence] as number);
  }
  return check.result();
}

describe("the log check", () => {
  it("finds what was removed, duplicated, swapped and not acknowledged on purpose, exactly, and when it was due", () => {
    fc.assert(
      fc.property(schedules, loads, (schedule, due) => {
        const scene = built(schedule);
        const times = scene.producers.map(({ sent }, producer) => intendedTimes(due, producer, sent));
        const result = checked(scene, due, times);
        const { missing, unacked, duplicated, reordered, failed, unanswered } = result;
        assert.deepEqual({ missing, unacked, duplicated, reordered, failed, unanswered }, scene.expected);
        assert.deepEqual([result.bySecond, result.bySecondLeftOut], [bySecondOf(scene, times), 0]);
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
          dueTimes(),
        );
        const unread = [...log.entries()].map(([partition, messages]) => ({ partition, messages }));
        for (let left = schedule.length; left > 0; left -= 1) {
          const begun = unread.filter(({ messages }) => messages.length > 0);
          const { partition, messages } = begun[(turns.next().value as number) % begun.length] as Unread;
          const { producer, sequence } = messages.shift() as Message;
          check.add(partition, producer, sequence, 0);
        }
        const result = check.result();
        assert.deepEqual([result.producers, result.partitions, result.bySecond], [[], [], []]);
        assert.deepEqual([result.present, result.missing], [schedule.length, 0]);
      }),
    );
  });

  it("agrees with plain sets and lists on any log, however damaged", () => {
    const logs = fc.array(fc.record({ partition: fc.nat(2), producer: fc.nat(3), sequence: fc.nat(30) }));
    fc.assert(
      fc.property(logs, fc.array(fc.nat(25)), (log, acked) => {
        const all = upTo(3).map((producer) => recorded(producer, 20, acked));
        const check = new LogCheck(all, dueTimes());
        for (const { partition, producer, sequence } of log) check.add(partition, producer, sequence, 0);
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
    const check = new LogCheck([recorded(7, 5, upTo(5)), recorded(8, 3, upTo(3))], dueTimes());
    for (const sequence of [0, 2, 1, 2]) check.add(4, 7, sequence, 110e6 + sequence);
    for (const sequence of upTo(3)) check.add(3, 8, sequence, 110e6);
    check.add(4, 9, 0, 110e6);
    check.add(4, 8, 3, 110e6);
    check.addForeign(4);
    check.addDeleted(2, 6);
    const { producers, partitions, bySecond, ...totals } = check.result();
    assert.deepEqual(bySecond, [
      { at: 100, missing: 2, unacked: 0, duplicated: 0, reordered: 0 },
      { at: 110, missing: 0, unacked: 0, duplicated: 1, reordered: 1 },
    ]);
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
    logCheckSchema.parse({ ...totals, producers, partitions: topics, bySecond, seconds: 1 });
  });

  it("stays small whatever the log holds: huge numbers are counted, not stored", () => {
    const check = new LogCheck([recorded(0, 1, [0])], dueTimes());
    for (let index = 0; index < 1_000; index += 1) check.add(0, 0, 4_294_967_295 - index, 0);
    check.add(0, 4_294_967_295, 0, 0);
    const times = [Number.NaN, Number.NEGATIVE_INFINITY, -1, 0, Number.MAX_VALUE, Number.POSITIVE_INFINITY];
    for (const intendedUs of [110e6, ...times]) check.add(0, 0, 0, intendedUs);
    const { unrecorded, missing, bySecond } = check.result();
    assert.deepEqual([unrecorded, missing], [1_001, 0]);
    const none = { missing: 0, unacked: 0, reordered: 0 };
    assert.deepEqual(bySecond, [
      { at: 100, ...none, duplicated: 4 },
      { at: 130, ...none, duplicated: 2 },
    ]);
  });

  it("lists at most 1,000 seconds, those with the most deviations, and counts the others", () => {
    const check = new LogCheck([recorded(0, 1, [0])], dueTimes({ endUs: 3_100e6 }));
    check.add(0, 0, 0, 110e6);
    for (let second = 101; second <= 1_600; second += 1) {
      check.add(0, 0, 0, second * 1e6);
      if (second > 600) check.add(0, 0, 0, second * 1e6);
    }
    const { bySecond, bySecondLeftOut, duplicated } = check.result();
    assert.deepEqual([bySecond.length, bySecondLeftOut, duplicated], [1_000, 500, 2_500]);
    assert.deepEqual([bySecond[0]?.at, bySecond.at(-1)?.at], [601, 1_600]);
  });

  it("lists at most 1,000 producers, those with the most missing messages first, and counts the others", () => {
    const check = new LogCheck(
      upTo(1_500).map((producer) => recorded(producer, 2, upTo(producer === 1_400 ? 2 : 1))),
      dueTimes(),
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
