import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MESSAGE_HEADER_BYTES } from "../../contract/workload.ts";
import type { ProducerTotals } from "../agent/protocol.ts";
import type { ClientAdapter } from "../clients/port.ts";
import { runMark, writeStamp } from "../load/message.ts";
import { Bitmap } from "../measure/bitmap.ts";
import { checkLog, type LogToCheck } from "./logCheck.ts";

const RUN = "20260101T000000Z-check-abcdef";

function message(sequence: number, step = 4): Buffer {
  const value = Buffer.alloc(MESSAGE_HEADER_BYTES);
  writeStamp(value, { run: runMark(RUN), step, producer: 0, sequence, intendedUs: 0, sentUs: 0 });
  return value;
}

/** Totals of one producer that sent this many messages, all of which were acknowledged. */
function allAcked(sentTo: number): ProducerTotals {
  const acked = new Bitmap();
  for (let sequence = 0; sequence < sentTo; sequence += 1) acked.set(sequence);
  const window = { from: 0, to: sentTo };
  const sequences = { acked: acked.encode(), failed: new Bitmap().encode(), sentTo };
  const producers = [{ producer: 0, window, sent: sentTo, late: 0, unsent: 0, ...sequences }];
  return { role: "producer", producers, errors: {}, ack: "", lag: "", sameNode: null, clocks: [] };
}

/** Two topics with one partition each. `logs`: their messages; `visible`: the ends, one after the other. */
function checkOf(logs: Buffer[][], visible: number[][], low = 0, changes: Partial<LogToCheck> = {}) {
  const groups: string[] = [];
  const adapter: ClientAdapter = {
    name: "kafkajs",
    version: "0",
    connectProducer: async () => assert.fail("it produces"),
    connectConsumer: async (_, __, { topic, group, startOffsets }, ___, receive) => {
      groups.push(group);
      const from = Number(startOffsets[0] ?? low);
      const values = (logs[Number(topic.at(-1)) - 1] ?? []).slice(from);
      const offsets = values.map((_, index) => from + index);
      setImmediate(() =>
        receive({ partition: 0, values, offsets, nextOffset: from + values.length, receivedUs: 0 }),
      );
      return {
        assigned: () => [0],
        joins: () => 1,
        errors: () => ({}),
        leave: async () => {},
        kill: async () => {},
        close: async () => {},
      };
    },
  };
  let asked = 0;
  const offsets = async () => {
    const ends = visible[Math.min(asked, visible.length - 1)] ?? [];
    asked += 1;
    return Object.fromEntries(ends.map((end, partition) => [partition, { low: Math.min(low, end), end }]));
  };
  const result = checkLog({
    run: RUN,
    step: 4,
    prefix: "mine.",
    target: { bootstrap: [], brokers: [], security: { protocol: "PLAINTEXT" } },
    workload: { client: "kafkajs", topics: 2, producers: 1, rate: 1, arrival: "constant" },
    seed: 1,
    load: { startUs: 1_000e6, endUs: 1_060e6 },
    topic: { name: "t", partitions: 1, replicationFactor: 1, startOffsets: {} },
    produced: [allAcked(3)],
    signal: new AbortController().signal,
    progress: () => {},
    source: { adapter, offsets },
    ...changes,
  });
  return { result, groups };
}

describe("the log check of a step", () => {
  it("reads every topic with groups of the step, and tells its messages from those of others", async () => {
    const logs = [
      [message(0), Buffer.from("other"), message(1, 3)],
      [message(2), message(2)],
    ];
    const { result, groups } = checkOf(logs, [[3, 2]]);
    const check = await result;
    assert.ok(!("error" in check));
    assert.deepEqual(
      [check.sent, check.present, check.missing, check.duplicated, check.foreign],
      [3, 2, 1, 1, 2],
    );
    assert.deepEqual(check.producers[0]?.missingSequences, [[1, 1]]);
    assert.deepEqual(
      check.partitions.map(({ topic, partition, duplicated, foreign }) => [
        topic,
        partition,
        duplicated,
        foreign,
      ]),
      [
        ["t-1", 0, 0, 2],
        ["t-2", 0, 1, 0],
      ],
    );
    assert.deepEqual(groups.sort(), [`mine.${RUN}-4-log1-t1`, `mine.${RUN}-4-log1-t2`]);
  });

  it("counts deleted offsets", async () => {
    const check = await checkOf([[message(0), message(1), message(2)], []], [[3, 0]], 2).result;
    assert.ok(!("error" in check));
    assert.deepEqual([check.deleted, check.missing, check.present], [2, 2, 1]);
  });

  it("waits for messages that consumers cannot see yet, and reads none of the others again", async () => {
    const logs = [[message(0), message(1), message(2)], []];
    const { result, groups } = checkOf(
      logs,
      [
        [2, 0],
        [3, 0],
      ],
      0,
      { settleMs: 10_000 },
    );
    const check = await result;
    assert.ok(!("error" in check));
    assert.deepEqual([check.missing, check.duplicated, check.present], [0, 0, 3]);
    assert.deepEqual(groups, [`mine.${RUN}-4-log1-t1`, `mine.${RUN}-4-log2-t1`]);
  });

  it("returns why the log cannot be read, unless the run is stopped", async () => {
    const source = { adapter: {} as ClientAdapter, offsets: () => Promise.reject(new Error("no leader")) };
    assert.deepEqual(await checkOf([], [], 0, { source }).result, { error: "no leader" });
    const signal = AbortSignal.abort();
    await assert.rejects(checkOf([], [], 0, { source, signal }).result, { name: "AbortError" });
  });
});
