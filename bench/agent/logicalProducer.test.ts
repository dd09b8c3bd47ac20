import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeKafka } from "../../test/support/fakeKafkaClient.ts";
import { Batcher } from "../load/batcher.ts";
import { payloadsOf } from "../load/payload.ts";
import { type Due, LogicalProducer, type ProducerListener } from "../load/producer.ts";
import { randomOf } from "../load/random.ts";
import { accountStep } from "../measure/account.ts";
import type { Bitmap } from "../measure/bitmap.ts";
import { recordedBy } from "../measure/logCheck.ts";
import type { ProducerTotals } from "./protocol.ts";

const listener = (): ProducerListener & { log: string[] } => {
  const log: string[] = [];
  const numbers = (messages: readonly Due[]) => messages.map(({ sequence }) => sequence).join(",");
  return {
    log,
    sent: (messages, late) => log.push(`sent ${numbers(messages)}${late > 0 ? ` late ${late}` : ""}`),
    acked: (messages) => log.push(`acked ${numbers(messages)}`),
    failed: (messages, error) => log.push(`failed ${numbers(messages)}: ${(error as Error).message}`),
  };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function logicalProducer(kafka: FakeKafka, more: object = {}, now = () => 0) {
  const port = await kafka.adapter.connectProducer({} as never, "p0", {} as never);
  const settings = {
    run: 1,
    step: 1,
    producer: 0,
    lingerMs: 0,
    batchBytes: 1_000,
    maxOutstanding: 2,
    lateAfterUs: 100,
    ...more,
  };
  const recorder = listener();
  const payloads = payloadsOf(100, "random", randomOf(1));
  return {
    producer: new LogicalProducer(port, settings, payloads, () => undefined, now, recorder),
    log: recorder.log,
  };
}

describe("a logical producer", () => {
  it("sends each message when it is due, without waiting for earlier answers", async () => {
    const kafka = new FakeKafka();
    kafka.blocked = () => true;
    const { producer, log } = await logicalProducer(kafka);
    producer.due(0, 0);
    producer.due(1, 10);
    assert.deepEqual(log, ["sent 0", "sent 1"]);
  });

  it("holds back messages beyond the outstanding limit, and sends them in order as answers arrive", async () => {
    const kafka = new FakeKafka();
    kafka.blocked = () => true;
    const { producer, log } = await logicalProducer(kafka);
    for (const sequence of [0, 1, 2, 3]) producer.due(sequence, 0);
    assert.deepEqual([log.length, producer.waiting, producer.outstanding], [2, 2, 2]);
    kafka.release();
    await turn();
    assert.deepEqual(
      log.filter((line) => line.startsWith("sent")),
      ["sent 0", "sent 1", "sent 2", "sent 3"],
    );
    assert.deepEqual([producer.waiting, producer.outstanding], [0, 0]);
  });

  it("counts late messages by their intended time", async () => {
    const { producer, log } = await logicalProducer(new FakeKafka(), {}, () => 500);
    producer.due(0, 399);
    producer.due(1, 400);
    assert.deepEqual(log.slice(0, 2), ["sent 0 late 1", "sent 1"]);
  });

  it("batches messages until there are enough bytes", async () => {
    const { producer, log } = await logicalProducer(new FakeKafka(), {
      lingerMs: 10_000,
      batchBytes: 300,
      maxOutstanding: 9,
    });
    for (const sequence of [0, 1, 2, 3]) producer.due(sequence, 0);
    producer.flush();
    assert.deepEqual(
      log.filter((line) => line.startsWith("sent")),
      ["sent 0,1,2", "sent 3"],
    );
  });

  it("counts the messages of the window, from its first one to the schedule's end, sent or unsent", async () => {
    const kafka = new FakeKafka();
    kafka.blocked = () => true;
    const { producer } = await logicalProducer(kafka, { maxOutstanding: 3 });
    producer.measureFrom(100);
    for (const sequence of [0, 1, 2, 3, 4]) producer.due(sequence, sequence * 60);
    const { window, sent, unsent } = producer.totals();
    assert.deepEqual({ window, sent, unsent }, { window: { from: 2, to: 5 }, sent: 1, unsent: 2 });
  });

  it("counts failed messages, but not as acknowledged", async () => {
    const kafka = new FakeKafka();
    kafka.failure = new Error("NOT_ENOUGH_REPLICAS");
    const { producer, log } = await logicalProducer(kafka);
    producer.due(0, 0);
    await turn();
    assert.deepEqual(log, ["sent 0", "failed 0: NOT_ENOUGH_REPLICAS"]);
    assert.equal(accountStep([totalsOf(producer)], []).acked, 0);
  });

  it("records for the log check what was sent, and what a broker refused; the rest is not answered", async () => {
    const kafka = new FakeKafka();
    const { producer } = await logicalProducer(kafka, { maxOutstanding: 3 });
    const failures = [
      undefined,
      Object.assign(new Error("refused"), { cause: { type: "NOT_ENOUGH_REPLICAS" } }),
      Object.assign(new Error("lost"), { code: "ECONNRESET" }),
      Object.assign(new Error("late"), { type: "REQUEST_TIMED_OUT" }),
    ];
    for (const [sequence, failure] of failures.entries()) {
      kafka.failure = failure;
      producer.due(sequence, 0);
      await turn();
    }
    kafka.failure = undefined;
    kafka.blocked = () => true;
    for (const sequence of [4, 5, 6, 7]) producer.due(sequence, 0);
    const [record] = recordedBy([totalsOf(producer)]);
    const numbersIn = (bitmap?: Bitmap) => [0, 1, 2, 3, 4, 5, 6, 7].filter((number) => bitmap?.has(number));
    assert.deepEqual([record?.sent, numbersIn(record?.acked), numbersIn(record?.failed)], [7, [0], [1]]);
  });
});

const totalsOf = (producer: LogicalProducer): ProducerTotals => ({
  role: "producer",
  producers: [producer.totals()],
  errors: {},
  ack: emptyHistogram,
  lag: emptyHistogram,
  sameNode: null,
  clocks: [],
});
const emptyHistogram = "HISTFAAAABx4nJNpmSzMwMDAxAABzFCaEUoz2X+AsQA/awKA";

describe("a batcher", () => {
  it("passes each message on at once without linger", () => {
    const out: number[][] = [];
    const batcher = new Batcher<number>(0, 1_000, (batch) => out.push(batch));
    batcher.add(1, 5);
    batcher.add(2, 5);
    assert.deepEqual(out, [[1], [2]]);
  });

  it("passes messages on after the linger time", async () => {
    const batch = new Promise<number[]>((resolve) => {
      const batcher = new Batcher<number>(5, 1_000, resolve);
      batcher.add(1, 5);
      batcher.add(2, 5);
    });
    assert.deepEqual(await batch, [1, 2]);
  });
});
