import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClientAdapter, ReceivedBatch } from "../clients/port.ts";
import { type LogToRead, readLog } from "./readLog.ts";

const value = (text: string) => Buffer.from(text);
const batch = (partition: number, from: number, texts: string[]): ReceivedBatch => ({
  partition,
  values: texts.map(value),
  offsets: texts.map((_, index) => from + index),
  nextOffset: from + texts.length,
  receivedUs: 0,
});

/** An adapter whose consumers of a topic get these batches, and what they were connected with. */
function adapterOf(batches: Readonly<Record<string, ReceivedBatch[]>>) {
  const connected: { topic: string; group: string; startOffsets: unknown }[] = [];
  let open = 0;
  const adapter: ClientAdapter = {
    name: "kafkajs",
    version: "0",
    connectProducer: async () => assert.fail("it produces"),
    connectConsumer: async (_, __, { topic, group, startOffsets }, ___, receive) => {
      connected.push({ topic, group, startOffsets });
      open += 1;
      setImmediate(() => {
        for (const each of batches[topic] ?? []) receive(each);
      });
      return {
        assigned: () => [],
        joins: () => 1,
        errors: () => ({ NOT_LEADER: 2 }),
        leave: async () => {},
        kill: async () => {},
        close: async () => {
          open -= 1;
        },
      };
    },
  };
  return { adapter, connected, open: () => open };
}

const target: LogToRead["target"] = {
  bootstrap: ["a:1"],
  brokers: [{ id: 1, host: "a", port: 1 }],
  security: { protocol: "PLAINTEXT" },
};

async function read(adapter: ClientAdapter, changes: Partial<LogToRead>): Promise<string[]> {
  const taken: string[] = [];
  const log: LogToRead = {
    adapter,
    target,
    topics: ["t"],
    partitions: 2,
    offsets: {},
    group: "g",
    signal: new AbortController().signal,
    ...changes,
  };
  await readLog(log, (partition, each) => taken.push(`${partition}:${each}`));
  return taken;
}

describe("reading a log", () => {
  it("takes every offset once, up to the ends, also if a client hands some over again", async () => {
    const batches = [batch(0, 0, ["a", "b"]), batch(0, 1, ["b", "c"]), batch(1, 5, ["x", "y", "later"])];
    const { adapter, open } = adapterOf({ t: batches });
    const offsets = { 0: { low: 0, end: 3 }, 1: { low: 5, end: 7 } };
    assert.deepEqual(await read(adapter, { offsets }), ["0:a", "0:b", "0:c", "1:x", "1:y"]);
    assert.equal(open(), 0);
  });

  it("numbers the partitions of several topics, and reads none that is empty", async () => {
    const { adapter, connected } = adapterOf({ "t-2": [batch(1, 4, ["z"])] });
    const offsets = { 0: { low: 2, end: 2 }, 3: { low: 4, end: 5 }, 2: { low: 0, end: 0 } };
    assert.deepEqual(await read(adapter, { topics: ["t-1", "t-2"], offsets }), ["3:z"]);
    assert.deepEqual(connected, [{ topic: "t-2", group: "g-t2", startOffsets: { 0: "0", 1: "4" } }]);
  });

  it("begins at the beginning without start offsets", async () => {
    const { adapter, connected } = adapterOf({ t: [batch(0, 0, ["a"])] });
    await read(adapter, { offsets: { 0: { low: 0, end: 1 }, 1: { low: 0, end: 0 } } });
    assert.deepEqual(connected, [{ topic: "t", group: "g", startOffsets: {} }]);
  });

  it("says where it is stuck, and closes its consumer", async () => {
    const { adapter, open } = adapterOf({ t: [batch(0, 0, ["a"])] });
    await assert.rejects(read(adapter, { offsets: { 0: { low: 0, end: 4 } }, stalledAfterMs: 30 }), {
      code: "kafka-failed",
      message: /topic t: stalled in partition 0 at offset 1 of 4 \(errors: NOT_LEADER 2\)/,
    });
    assert.equal(open(), 0);
  });

  it("ends at once when the run is stopped", async () => {
    const { adapter, open } = adapterOf({});
    const signal = AbortSignal.timeout(20);
    await assert.rejects(read(adapter, { offsets: { 0: { low: 0, end: 4 } }, signal }), /abort/i);
    assert.equal(open(), 0);
  });
});
