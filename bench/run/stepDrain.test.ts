import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Tally } from "../agent/protocol.ts";
import { Bitmap } from "../measure/bitmap.ts";
import { drain, missingOf } from "./stepDrain.ts";
import { setWindow } from "./stepWindow.ts";

const bits = (numbers: readonly number[]) => {
  const bitmap = new Bitmap();
  for (const number of numbers) bitmap.set(number);
  return bitmap.encode();
};
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A broker with one partition: the messages that are acknowledged, in the log, and received so far. */
interface Broker {
  acked: readonly number[];
  /** When each message of the log is received, s after the end of the measured time; absent: never. */
  receivedSec: (sequence: number) => number | undefined;
  log: readonly number[];
}

/** @param backSec how long it takes until all consumers are there, s. Default: they are */
async function drained(
  { acked, log, receivedSec }: Broker,
  limitSec: number,
  acks: "all" | 1 = "all",
  backSec?: number,
) {
  let nowSec = 0;
  const received = () =>
    log.filter((sequence) => (receivedSec(sequence) ?? Number.POSITIVE_INFINITY) <= nowSec);
  /** The log is read in order, and a message that is lost for the consumer does not stop it. */
  const position = () => {
    const waiting = log.findIndex((sequence) => (receivedSec(sequence) ?? 0) > nowSec);
    return waiting < 0 ? log.length : waiting;
  };
  const sources = {
    poll: async () => {
      nowSec += 0.5;
    },
    nowSec: () => nowSec,
    ready: () => {
      if (backSec === undefined) return undefined;
      nowSec = backSec;
      return Promise.resolve();
    },
    progress: () => ({ idle: true, acked: acked.length, delivered: received().length }),
    tallies: async (): Promise<Tally[]> => [
      { producers: [{ producer: 0, acked: bits(acked) }], groups: {} },
      {
        producers: [],
        groups: {
          g: {
            producers: [{ producer: 0, received: bits(received()) }],
            positions: [{ partition: 0, from: 0, to: position() }],
          },
        },
      },
    ],
    log: async () => ({ 0: { low: 0, end: log.length } }),
  };
  return drain(sources, { toSec: 0, deadlineSec: limitSec, acks, starts: {} });
}

describe("the drain", () => {
  it("waits until messages that are 12 s late have arrived", async () => {
    const log = range(0, 1_000);
    const receivedSec = (sequence: number) => (sequence % 5 === 0 ? 12 : 0);
    const broker = { acked: log, log, receivedSec };
    const { seconds } = await drained(broker, 30);
    assert.ok(seconds !== null && seconds >= 12 && seconds <= 13.5, `${seconds} s`);
    assert.equal((await drained(broker, 8)).seconds, null);
  });

  it("waits for consumers that are joining, without the time that this takes, and knows the backlog before", async () => {
    const log = range(0, 1_000);
    const broker = { acked: log, log, receivedSec: () => 25 };
    const { seconds, backlogAtEnd } = await drained(broker, 10, "all", 20);
    assert.equal(backlogAtEnd, 1_000);
    assert.ok(seconds !== null && seconds >= 25 && seconds <= 26.5, `${seconds} s`);
    assert.equal((await drained(broker, 10)).seconds, null);
    assert.equal((await drained(broker, 3, "all", 20)).seconds, null);
  });

  it("does not mistake messages that timed out at the client for the missing ones", async () => {
    // 39 acknowledged ones come after 5 s; 50 others were not acknowledged, and are in the log nevertheless.
    const acked = range(0, 950);
    const log = range(0, 1_000);
    const receivedSec = (sequence: number) => (sequence >= 100 && sequence < 139 ? 5 : 0);
    const { seconds } = await drained({ acked, log, receivedSec }, 30);
    assert.ok(seconds !== null && seconds >= 5, `${seconds} s`);
  });

  it("ends once the log is read to its end, since what is missing then is lost", async () => {
    const acked = range(0, 1_000);
    const log = range(0, 960);
    const { seconds } = await drained({ acked, log, receivedSec: () => 0 }, 30);
    assert.ok(seconds !== null && seconds < 2, `${seconds} s`);
  });

  it("does not call messages lost before its limit if they are acknowledged before consumers can see them", async () => {
    const acked = range(0, 1_000);
    const { seconds } = await drained({ acked, log: range(0, 960), receivedSec: () => 0 }, 30, 1);
    assert.equal(seconds, null);
  });

  it("expects every message in every group, from any of its tasks", () => {
    const tally = (group: string, received: number[]): Tally => ({
      producers: [],
      groups: { [group]: { producers: [{ producer: 0, received: bits(received) }], positions: [] } },
    });
    const acked: Tally = { producers: [{ producer: 0, acked: bits(range(0, 10)) }], groups: {} };
    assert.equal(missingOf([acked, tally("a", [0, 1, 2, 3, 4]), tally("a", [5, 6, 7, 8, 9])]), 0);
    assert.equal(missingOf([acked, tally("a", range(0, 10)), tally("b", range(3, 10))]), 3);
    assert.equal(missingOf([acked]), 0);
  });
});

describe("the measurement window", () => {
  /** Consumers that take so long to answer, and a producer that has sent everything up to now. */
  function agents(answerSec: number, latestUs: (nowSec: number) => number) {
    let nowSec = 100;
    const windows: number[] = [];
    return {
      windows,
      consumers: async () => {
        nowSec += answerSec;
      },
      producers: async ({ fromUs }: { fromUs: number }) => {
        windows.push(fromUs);
        const latest = latestUs(nowSec);
        return [latest >= fromUs ? latest + 1 : null];
      },
      nowSec: () => nowSec,
    };
  }

  it("is a later one if a consumer takes 2.1 s to answer", async () => {
    const slow = agents(2.1, (nowSec) => nowSec * 1e6);
    assert.deepEqual(await setWindow(slow, 10), { fromSec: 110, toSec: 120 });
    assert.equal(slow.windows.length, 2);
  });

  it("is the first one if nothing of it was sent, however late the answer", async () => {
    const slow = agents(2.1, () => 99e6);
    assert.deepEqual(await setWindow(slow, 10), { fromSec: 102, toSec: 112 });
  });

  it("starts after what a producer has sent already", async () => {
    const burst = agents(0, (nowSec) => (nowSec + 5) * 1e6);
    await assert.rejects(
      setWindow({ ...burst, producers: async ({ fromUs }) => [fromUs + 1] }, 10),
      /could not agree on a measurement window in 5 attempts/,
    );
    assert.equal((await setWindow(burst, 10)).fromSec, 106);
  });
});
