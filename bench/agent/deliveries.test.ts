// What consumers count and time, against a simulated broker whose deliveries are known.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { MESSAGE_HEADER_BYTES, workloadSchema } from "../../contract/workload.ts";
import type { ReceiveBatch } from "../clients/port.ts";
import { runMark, writeStamp } from "../load/message.ts";
import { accountStep } from "../measure/account.ts";
import { Bitmap } from "../measure/bitmap.ts";
import { overlapOf, unreadOf } from "../measure/unread.ts";
import { Timeline } from "../run/timeline.ts";
import { ConsumerStep } from "./consumerStep.ts";
import type { Prepare, ProducerTotals } from "./protocol.ts";

const RUN = "r1";
const START_US = 1_764_000_000e6;
const RATE = 1_000;
const SECONDS = 10;
const LATENCY_US = 5_000;
const self = { cpu: 0, cpuWait: 0, eventLoopDelayMsP99: 0, memoryMiB: 1, machineCpusBusy: 0 };
const nothing = new LatencyHistogram().encode();

interface Delivery {
  sequence: number;
  offset: number;
  receivedUs: number;
}

/** The intended time of a message of the one producer. */
const dueUs = (sequence: number) => START_US + (sequence * 1e6) / RATE;
const all = Array.from({ length: RATE * SECONDS }, (_, sequence) => sequence);
const first = (sequence: number, offset = sequence): Delivery => ({
  sequence,
  offset,
  receivedUs: dueUs(sequence) + LATENCY_US,
});

/** A consumer task that gets these deliveries of partition 0, one batch each, and ticks every second. */
async function consume(deliveries: readonly Delivery[], from = 0) {
  let [nowUs, receive] = [START_US, (() => {}) as ReceiveBatch];
  const clock = {
    nowUs: () => nowUs,
    resync: () => 0,
    steppedUs: () => 0,
    steadyUs: () => nowUs,
    steadyAt: (us: number) => us,
  };
  const adapter = {
    connectConsumer: async (...[, , , , listener]: [unknown, unknown, unknown, unknown, ReceiveBatch]) => {
      receive = listener;
      return { assigned: () => [0], joins: () => 1, errors: () => ({}), close: async () => {} };
    },
  };
  const order = {
    run: RUN,
    step: 1,
    workload: workloadSchema.parse({}),
    share: { first: 0, count: 1 },
    sources: [0],
    sameNode: null,
    startOffsets: {},
  };
  const step = new ConsumerStep(order as unknown as Prepare, adapter as never, clock, {
    sample: () => self,
  } as never);
  await step.prepare();
  step.measure({ fromUs: dueUs(from), toUs: START_US + SECONDS * 1e6 });
  const events = [...deliveries].sort((a, b) => a.receivedUs - b.receivedUs);
  for (const { sequence, offset, receivedUs } of events) {
    while (nowUs + 1e6 <= receivedUs) {
      nowUs += 1e6;
      step.tick();
    }
    const value = Buffer.alloc(MESSAGE_HEADER_BYTES);
    writeStamp(value, {
      run: runMark(RUN),
      step: 1,
      producer: 0,
      sequence,
      intendedUs: dueUs(sequence),
      sentUs: dueUs(sequence),
    });
    receive({ partition: 0, values: [value], offsets: [offset], nextOffset: offset + 1, receivedUs });
  }
  nowUs += 5e6;
  step.tick();
  return { totals: await step.collect(), report: step.report(0), tally: step.tally() };
}

/** The producer's totals, all of whose messages of the window are acknowledged. */
function produced(from = 0): ProducerTotals {
  const acked = new Bitmap();
  for (const sequence of all) acked.set(sequence);
  const sent = all.length - from;
  return {
    role: "producer",
    producers: [
      {
        producer: 0,
        window: { from, to: all.length },
        sent,
        late: 0,
        unsent: 0,
        acked: acked.encode(),
        sentTo: 0,
        failed: new Bitmap().encode(),
      },
    ],
    errors: {},
    ack: nothing,
    lag: nothing,
    sameNode: null,
    clocks: [],
  };
}

/** The backlog at the end of each second. */
function backlogs(report: Awaited<ReturnType<typeof consume>>["report"]): number[] {
  const startSec = START_US / 1e6;
  const sources = (task: string) => [{ task, machine: "m" }];
  const timeline = new Timeline(startSec, { producers: sources("p"), consumers: sources("c") }, 1);
  const seconds = Array.from({ length: SECONDS }, (_, index) => ({
    at: startSec + index,
    offered: RATE,
    sent: RATE,
    acked: RATE,
    late: 0,
    errors: {},
    ack: nothing,
    lag: nothing,
    self,
  }));
  const totals = { offered: 0, sent: 0, acked: 0, failed: 0, waiting: 0, outstanding: 0 };
  timeline.take("p", { role: "producer", next: 0, failed: null, idle: true, totals, seconds });
  timeline.take("c", report);
  return timeline.ready(startSec + SECONDS).map(({ backlog }) => backlog);
}

describe("repeated deliveries", () => {
  const again = all
    .filter((sequence) => sequence % 20 === 0)
    .map((sequence) => ({ sequence, receivedUs: dueUs(sequence) + LATENCY_US + 700_000 }));

  it("do not change latency, counts, bytes or backlog if Kafka has every 20th message twice, 700 ms later", async () => {
    // The offsets of the copies follow those of the messages, in the order of the deliveries.
    const order = [
      ...all.map((sequence) => first(sequence)),
      ...again.map((each) => ({ ...each, offset: 0 })),
    ]
      .sort((a, b) => a.receivedUs - b.receivedUs)
      .map((delivery, offset) => ({ ...delivery, offset }));
    const once = await consume(all.map((sequence) => first(sequence)));
    const twice = await consume(order);
    const account = accountStep([produced()], [twice.totals]);
    assert.deepEqual(
      account.latency.distribution(),
      accountStep([produced()], [once.totals]).latency.distribution(),
    );
    assert.ok((account.latency.percentileMs(99) ?? 0) < 5.1);
    assert.deepEqual(
      [account.delivered, account.lost, account.duplicated, account.reread, account.bytes],
      [10_000, 0, 500, 0, 10_000 * MESSAGE_HEADER_BYTES],
    );
    assert.equal(account.repeats.count, 500);
    assert.ok(Math.abs((account.repeats.percentileMs(50) ?? 0) - 705) < 1);
    assert.deepEqual(backlogs(twice.report), backlogs(once.report));
    assert.ok(backlogs(twice.report).every((backlog) => backlog >= 0));
  });

  it("are counted apart if the consumer reads the partition again from its start", async () => {
    const reread = all.slice(0, 8_000).map((sequence) => ({
      sequence,
      offset: sequence,
      receivedUs: dueUs(8_000) + LATENCY_US - 500,
    }));
    const { totals } = await consume([...all.map((sequence) => first(sequence)), ...reread], 2_000);
    const account = accountStep([produced(2_000)], [totals]);
    assert.deepEqual(
      [account.delivered, account.duplicated, account.reread, account.repeats.count],
      [8_000, 0, 6_000, 6_000],
    );
    assert.ok((account.latency.percentileMs(99.9) ?? 0) < 5.1);
  });

  it("are counted apart if another task reads a partition again that it took over", async () => {
    const one = await consume(all.slice(0, 6_000).map((sequence) => first(sequence)));
    const other = await consume(
      all.map((sequence) => ({
        ...first(sequence),
        receivedUs: Math.max(dueUs(6_000), first(sequence).receivedUs),
      })),
    );
    const { delivered, duplicated, reread, lost } = accountStep([produced()], [one.totals, other.totals]);
    assert.deepEqual([delivered, duplicated, reread, lost], [10_000, 0, 6_000, 0]);
  });

  it("are counted once if a killed consumer's partition goes to another task and comes back after a second kill", async () => {
    const deliveries = (from: number, to: number, receivedUs = 0) =>
      all.slice(from, to).map((sequence) => {
        return { ...first(sequence), receivedUs: Math.max(receivedUs, first(sequence).receivedUs) };
      });
    // Each had read 100 messages more than it had committed. Of the second 100, the first task had read 50.
    const one = await consume([...deliveries(0, 6_000), ...deliveries(5_950, 10_000, dueUs(6_050))]);
    const other = await consume(deliveries(5_900, 6_050, dueUs(6_000)));
    const { delivered, duplicated, reread, lost } = accountStep([produced()], [one.totals, other.totals]);
    assert.deepEqual([delivered, duplicated, reread, lost], [10_000, 0, 200, 0]);
  });

  it("are duplicates of Kafka if two tasks got them at different offsets", async () => {
    const one = await consume(all.slice(0, 6_000).map((sequence) => first(sequence)));
    const other = await consume(all.slice(5_900).map((sequence) => first(sequence, sequence + 100)));
    const { duplicated, reread } = accountStep([produced()], [one.totals, other.totals]);
    assert.deepEqual([duplicated, reread], [100, 0]);
  });
});

describe("a window that is set again", () => {
  it("starts over: nothing of the earlier window remains", async () => {
    const { totals } = await consume(
      all.map((sequence) => first(sequence)),
      5_000,
    );
    assert.equal(accountStep([produced(5_000)], [totals]).latency.count, 5_000);
  });
});

describe("the offsets that consumers have read", () => {
  it("show what is left of the log, by the task that got furthest in each partition", () => {
    const log = { 0: { low: 0, end: 100 }, 1: { low: 40, end: 100 }, 2: { low: 0, end: 30 } };
    const position = (partition: number, to: number, from = 0) => ({ partition, from, to });
    assert.equal(unreadOf([[position(0, 90), position(0, 100), position(2, 30)]], log), 60);
    assert.equal(unreadOf([[position(0, 100)], []], log, { 2: "30" }), 60 + 160);
    assert.equal(unreadOf([], log), 0);
  });

  it("overlap where two tasks have read the same", () => {
    const range = (from: number, to: number, partition = 0) => [{ partition, from, to }];
    assert.equal(overlapOf([range(0, 100), range(60, 120), range(110, 115)]), 45);
    assert.equal(overlapOf([range(0, 100), range(100, 120), range(0, 50, 1)]), 0);
  });
});
