// The log check against simulated producers that retry, and a simulated leader that fails: with acks 0, 1 and all.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dueTimes } from "../../test/support/dueTimes.ts";
import { Bitmap } from "./bitmap.ts";
import { type Checked, LogCheck } from "./logCheck.ts";

const [PRODUCERS, PARTITIONS, ATTEMPTS] = [4, 3, 3];

interface Message {
  producer: number;
  sequence: number;
}
const keyOf = ({ producer, sequence }: Message) => `${producer}:${sequence}`;

/** How a client sends. `idempotent`: the broker drops a batch that it has, and keeps the order of batches. */
interface Mode {
  acks: 0 | 1 | "all";
  idempotent: boolean;
}
const MODES: readonly Mode[] = [
  { acks: 0, idempotent: false },
  { acks: 1, idempotent: false },
  { acks: "all", idempotent: false },
  { acks: "all", idempotent: true },
];

/** What happens to one attempt to send a batch. */
const OUTCOMES = ["written", "written", "written", "answer lost", "connection lost", "error"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Batches in the order in which they are sent; `delay`: after how many further batches a retry arrives. */
const sends = (outcomes: readonly Outcome[], mostLost: number) =>
  fc.array(
    fc.record({
      producer: fc.nat(PRODUCERS - 1),
      partition: fc.nat(PARTITIONS - 1),
      size: fc.integer({ min: 1, max: 3 }),
      outcomes: fc.array(fc.constantFrom(...outcomes), { minLength: ATTEMPTS, maxLength: ATTEMPTS }),
      delay: fc.nat(4),
      /** After this batch, another broker becomes the leader of its partition, without the last messages. */
      failover: fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.nat(mostLost) },
      ),
    }),
    { minLength: 1, maxLength: 80 },
  );
type Send = {
  producer: number;
  partition: number;
  size: number;
  outcomes: Outcome[];
  delay: number;
  failover: number;
};

interface Simulated {
  log: Message[][];
  records: { sent: number; acked: Set<number>; failed: Set<number> }[];
}

/** Sends all batches to simulated leaders. */
function simulate(all: readonly Send[], { acks, idempotent }: Mode): Simulated {
  const log: Message[][] = Array.from({ length: PARTITIONS }, () => []);
  const records = Array.from({ length: PRODUCERS }, () => ({
    sent: 0,
    acked: new Set<number>(),
    failed: new Set<number>(),
  }));
  let retries: { at: number; run: () => void }[] = [];
  for (const [at, { producer, partition, size, outcomes, delay, failover }] of all.entries()) {
    const record = records[producer] as Simulated["records"][number];
    const batch = Array.from({ length: size }, (_, index) => ({ producer, sequence: record.sent + index }));
    record.sent += size;
    const messages = () => log[partition] as Message[];
    const attempt = (number: number, now: number): void => {
      const outcome = outcomes[number] as Outcome;
      const arrived = outcome === "written" || outcome === "answer lost";
      const known = idempotent && messages().some((each) => keyOf(each) === keyOf(batch[0] as Message));
      if (arrived && !known) messages().push(...batch);
      if (outcome === "written" || (acks === 0 && outcome !== "connection lost")) {
        for (const { sequence } of batch) record.acked.add(sequence);
      } else if (acks !== 0 && number + 1 < ATTEMPTS) {
        // An idempotent client sends nothing else until the batch is answered.
        if (idempotent || delay === 0) attempt(number + 1, now);
        else retries.push({ at: now + delay, run: () => attempt(number + 1, now + delay) });
      } else if (outcome === "error") {
        for (const { sequence } of batch) record.failed.add(sequence);
      }
    };
    attempt(0, at);
    for (let due = retries.filter((each) => each.at <= at); due.length > 0; ) {
      retries = retries.filter((each) => !due.includes(each));
      for (const each of due) each.run();
      due = retries.filter((each) => each.at <= at);
    }
    log[partition] = messages().slice(0, Math.max(0, messages().length - failover));
  }
  while (retries.length > 0) (retries.shift() as (typeof retries)[number]).run();
  return { log, records };
}

function checked({ log, records }: Simulated): Checked {
  const bits = (numbers: Iterable<number>) => {
    const bitmap = new Bitmap();
    for (const number of numbers) bitmap.set(number);
    return bitmap;
  };
  const check = new LogCheck(
    records.map(({ sent, acked, failed }, producer) => ({
      producer,
      sent,
      acked: bits(acked),
      failed: bits(failed),
    })),
    dueTimes(),
  );
  for (const [partition, messages] of log.entries())
    for (const { producer, sequence } of messages) check.add(partition, producer, sequence, 0);
  return check.result();
}

/** What the check must find, from plain sets and lists. A message with copies in several partitions counts in the first. */
function expectedOf({ log, records }: Simulated) {
  const all = log.flatMap((messages, partition) => messages.map((each) => ({ ...each, partition })));
  const firsts = all.filter(
    (each, index) => all.findIndex((other) => keyOf(other) === keyOf(each)) === index,
  );
  const present = new Set(firsts.map(keyOf));
  const isAcked = ({ producer, sequence }: Message) => records[producer]?.acked.has(sequence) ?? false;
  const acked = records.flatMap((each, producer) =>
    [...each.acked].map((sequence) => ({ producer, sequence })),
  );
  const behind = firsts.filter((each, index) =>
    firsts
      .slice(0, index)
      .some(
        (other) =>
          other.partition === each.partition &&
          other.producer === each.producer &&
          other.sequence > each.sequence,
      ),
  );
  return {
    sent: records.reduce((sum, { sent }) => sum + sent, 0),
    acked: acked.length,
    failed: records.reduce((sum, { failed }) => sum + failed.size, 0),
    present: present.size,
    missing: acked.filter((each) => !present.has(keyOf(each))).length,
    unacked: firsts.filter((each) => !isAcked(each)).length,
    duplicated: all.length - present.size,
    reordered: behind.length,
  };
}

function deviationsOf({ sent, acked, failed, present, missing, unacked, duplicated, reordered }: Checked) {
  return { sent, acked, failed, present, missing, unacked, duplicated, reordered };
}

describe("the log check of producers that retry", () => {
  for (const mode of MODES) {
    const name = `acks ${mode.acks}${mode.idempotent ? ", idempotent" : ""}`;

    it(`finds exactly what was lost, repeated and moved, with ${name}`, () => {
      fc.assert(
        fc.property(sends(OUTCOMES, 5), (all) => {
          const scene = simulate(all, mode);
          const result = checked(scene);
          assert.deepEqual(deviationsOf(result), expectedOf(scene));
          assert.equal(result.unrecorded + result.foreign + result.deleted, 0);
        }),
        { numRuns: 100 },
      );
    });

    it(`raises no false alarm where every batch is written and answered, with ${name}`, () => {
      fc.assert(
        fc.property(sends(["written"], 0), (all) => {
          const { producers, partitions, ...counts } = checked(simulate(all, mode));
          assert.deepEqual([producers, partitions], [[], []]);
          assert.equal(counts.present, counts.sent);
        }),
        { numRuns: 100 },
      );
    });
  }

  it("finds every message that a leader lost after it had acknowledged it, with acks 1", () => {
    fc.assert(
      fc.property(sends(["written"], 5), (all) => {
        const { missing, duplicated, reordered } = checked(simulate(all, { acks: 1, idempotent: false }));
        const kept = simulate(
          all.map((each) => ({ ...each, failover: 0 })),
          { acks: 1, idempotent: false },
        );
        const lost = simulate(all, { acks: 1, idempotent: false });
        assert.equal(missing, kept.log.flat().length - lost.log.flat().length);
        assert.deepEqual([duplicated, reordered], [0, 0]);
      }),
      { numRuns: 100 },
    );
  });

  it("finds no copy and no message out of order of idempotent producers, whatever answers are lost", () => {
    fc.assert(
      fc.property(sends(OUTCOMES, 0), (all) => {
        const { missing, duplicated, reordered } = checked(simulate(all, { acks: "all", idempotent: true }));
        assert.deepEqual([missing, duplicated, reordered], [0, 0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
