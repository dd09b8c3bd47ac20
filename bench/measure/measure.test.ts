import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { sloSchema, workloadSchema } from "../../contract/workload.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import { randomOf } from "../load/random.ts";
import type { StepOrder } from "../run/stepOrder.ts";
import { failedStep } from "../run/stepResult.ts";
import { accountStep } from "./account.ts";
import { Bitmap } from "./bitmap.ts";
import { evaluate, type StepMetrics, sloText } from "./evaluate.ts";
import { busyTicksOf, SelfWatch, waitOf } from "./self.ts";
import { SequenceTracker } from "./sequences.ts";
import { isWarm, type SteadyInput, steadiness } from "./steady.ts";

const histogramOf = (values: readonly number[], digits?: 2 | 3) => {
  const histogram = new LatencyHistogram(digits);
  for (const value of values) histogram.record(value);
  return histogram;
};

describe("a bitmap", () => {
  const sets = fc.array(fc.nat(3_000), { maxLength: 300 });
  const bitmapOf = (numbers: readonly number[]) => {
    const bitmap = new Bitmap();
    for (const number of numbers) bitmap.set(number);
    return bitmap;
  };

  it("is a set: of a range it counts what was put in, each once, also after a travel", () => {
    fc.assert(
      fc.property(sets, fc.nat(3_000), fc.nat(3_000), (numbers, from, to) => {
        const bitmap = Bitmap.decode(bitmapOf(numbers).encode());
        const set = new Set(numbers);
        assert.equal(bitmap.count, set.size);
        assert.equal(
          bitmap.countIn(from, to),
          [...set].filter((number) => number >= from && number < to).length,
        );
        assert.ok([...set].every((number) => bitmap.has(number)));
      }),
    );
  });

  it("tells what is missing from another, and takes all of it", () => {
    fc.assert(
      fc.property(sets, sets, fc.nat(3_000), fc.nat(3_000), (a, b, from, to) => {
        const [wanted, got] = [bitmapOf(a), bitmapOf(b)];
        const missing = [...new Set(a)].filter(
          (number) => number >= from && number < to && !b.includes(number),
        );
        assert.equal(Bitmap.missing(wanted, got, from, to), missing.length);
        got.or(wanted);
        assert.equal(got.count, new Set([...a, ...b]).size);
      }),
    );
  });

  it("says whether a number is new", () => {
    const bitmap = new Bitmap();
    assert.deepEqual([bitmap.set(70), bitmap.set(70), bitmap.set(71)], [true, false, true]);
  });
});

describe("the sequences of producers", () => {
  const after = (...deliveries: [partition: number, sequence: number][]) => {
    const tracker = new SequenceTracker();
    for (const [partition, sequence] of deliveries) tracker.record(4, partition, sequence);
    const [totals] = tracker.totals();
    return { ...totals, delivered: tracker.delivered };
  };

  it("are reordered where a smaller one comes after a larger one of the same partition", () => {
    assert.deepEqual(after([0, 1], [0, 3], [0, 2], [0, 4]).reordered, [2]);
  });

  it("are not where it is another partition, which Kafka does not order", () => {
    assert.deepEqual(after([0, 1], [0, 9], [50, 2], [50, 8]).reordered, []);
  });

  it("are duplicated, and not reordered, where one comes again", () => {
    const { duplicated, reordered, delivered } = after([0, 1], [0, 2], [0, 1], [0, 1]);
    assert.deepEqual([duplicated, reordered, delivered], [[1, 1], [], 2]);
  });
});

describe("the account of a step", () => {
  const nothing = new LatencyHistogram().encode();
  const bits = (...numbers: number[]) => {
    const bitmap = new Bitmap();
    for (const number of numbers) bitmap.set(number);
    return bitmap.encode();
  };
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  const produced = (producer: number, acked: number[], sent = 10): ProducerTotals => ({
    role: "producer",
    producers: [
      { producer, window: { from: 10, to: 20 }, sent, late: 1, unsent: 10 - sent, acked: bits(...acked) },
    ],
    errors: { REQUEST_TIMED_OUT: 1 },
    ack: nothing,
    lag: nothing,
    sameNode: null,
    clocks: [],
  });
  const consumed = (
    group: string,
    producer: number,
    received: number[],
    more: object = {},
    latencyUs = 1_000,
  ): ConsumerTotals => ({
    role: "consumer",
    groups: {
      [group]: [
        {
          producer,
          received: bits(...received),
          duplicated: [],
          reordered: [],
          latency: histogramOf([latencyUs], 2).encode(),
          ...more,
        },
      ],
    },
    latencies: [{ source: 0, slice: 0, latency: histogramOf([latencyUs]).encode() }],
    sendToReceive: nothing,
    sameNode: [],
    clocks: [],
    bytes: 200,
    foreign: 2,
    malformed: 1,
    errors: {},
  });

  it("counts only what was due in the measured time", () => {
    const account = accountStep([produced(0, range(0, 25))], [consumed("g", 0, range(5, 18))]);
    const { offered, acked, delivered, lost } = account;
    assert.deepEqual({ offered, acked, delivered, lost }, { offered: 10, acked: 10, delivered: 8, lost: 2 });
  });

  it("calls lost what was acknowledged and not delivered, and nothing else", () => {
    const { lost, delivered, acked } = accountStep(
      [produced(0, range(10, 15))],
      [consumed("g", 0, range(13, 20))],
    );
    assert.deepEqual({ lost, delivered, acked }, { lost: 3, delivered: 7, acked: 5 });
  });

  it("takes the tasks of a group together", () => {
    const tasks = [consumed("g", 0, range(10, 14)), consumed("g", 0, range(14, 20))];
    assert.deepEqual([accountStep([produced(0, range(10, 20))], tasks).delivered, 10], [10, 10]);
  });

  it("calls duplicated what two tasks of a group have both received, and what one has received again", () => {
    const tasks = [
      consumed("g", 0, range(10, 16), { duplicated: [11, 11, 3] }),
      consumed("g", 0, range(14, 20)),
    ];
    assert.equal(accountStep([produced(0, range(10, 20))], tasks).duplicated, 4);
  });

  it("asks every group for every message: the least one counts, and what one lacks is lost once", () => {
    const tasks = [consumed("a", 0, range(10, 19)), consumed("b", 0, range(11, 19))];
    const { delivered, lost } = accountStep([produced(0, range(10, 20))], tasks);
    assert.deepEqual({ delivered, lost }, { delivered: 8, lost: 2 });
  });

  it("loses everything where nothing came", () => {
    assert.equal(accountStep([produced(0, range(10, 20))], []).lost, 10);
  });

  it("adds up what tasks tell, and finds the slowest producer", () => {
    const account = accountStep(
      [produced(0, [], 4), produced(1, [])],
      [consumed("g", 0, [], {}, 5_000), consumed("g", 1, [], {}, 70_000)],
    );
    const { late, unsent, sent, errors, bytes, foreign, malformed, latency } = account;
    assert.deepEqual(
      { late, unsent, sent, errors, bytes },
      { late: 2, unsent: 6, sent: 14, errors: { REQUEST_TIMED_OUT: 2 }, bytes: 400 },
    );
    assert.deepEqual([foreign, malformed, latency.count, account.slowestProducer?.producer], [4, 2, 2, 1]);
    assert.ok(Math.abs((account.slowestProducer?.p99 ?? 0) - 70) < 1);
  });
});

describe("the test for a steady load", () => {
  const second = (more: Partial<SteadyInput> = {}): SteadyInput => ({
    offered: 1_000,
    delivered: 1_000,
    backlog: 5,
    p50Ms: 2,
    p99Ms: 9,
    ...more,
  });
  const seconds = (count: number, of: (index: number) => Partial<SteadyInput>) =>
    Array.from({ length: count }, (_, index) => second(of(index)));

  it("needs five whole seconds", () => {
    assert.deepEqual(steadiness(seconds(4, () => ({}))), { steady: false, reason: "only 4 whole seconds" });
    assert.equal(steadiness(seconds(5, () => ({}))).steady, true);
  });

  it("finds code that is still being compiled: the latency falls", () => {
    const medians = [30, 20, 12, 6, 3];
    assert.match(
      steadiness(seconds(5, (index) => ({ p50Ms: medians[index] as number }))).reason,
      /the median latency falls by/,
    );
  });

  it("finds an overload: the latency rises, or less is delivered than offered", () => {
    assert.match(steadiness(seconds(5, (index) => ({ p50Ms: 100 * index }))).reason, /rises/);
    assert.match(
      steadiness(seconds(5, () => ({ delivered: 900 }))).reason,
      /4500 of 5000 messages were delivered/,
    );
  });

  it("finds a backlog that grows slowly", () => {
    const growing = seconds(5, (index) => ({ offered: 10_000, delivered: 9_850, backlog: 150 * index }));
    assert.match(steadiness(growing).reason, /the backlog grows by 150 messages per second/);
  });

  it("is not alarmed by noise more than once in ten times", () => {
    const random = randomOf(2);
    const runs = Array.from({ length: 500 }, () =>
      steadiness(
        seconds(5, () => ({
          p50Ms: 2 + 4 * random(),
          delivered: 990 + Math.floor(20 * random()),
          backlog: Math.floor(30 * random()),
        })),
      ),
    );
    assert.ok(runs.filter(({ steady }) => !steady).length <= 50);
  });

  it("is not alarmed by a trend that matters to nobody", () => {
    assert.equal(steadiness(seconds(5, (index) => ({ p50Ms: 1 + 0.05 * index }))).steady, true);
  });

  it("is content with a message more or less where there are few", () => {
    assert.equal(
      steadiness(seconds(5, (index) => ({ offered: 2, delivered: index % 2 === 0 ? 1 : 3 }))).steady,
      true,
    );
  });
});

describe("a step's warm-up", () => {
  const warm = (seconds: number, steady: boolean, cold: boolean, brokers = 60) =>
    isWarm({ min: 5, max: 20, brokers }, { seconds, steady, cold });

  it("ends once it is steady, not before its least time, and at its longest whatever is", () => {
    assert.deepEqual([warm(4, true, false), warm(5, true, false)], [false, true]);
    assert.deepEqual([warm(19, false, false), warm(20, false, false)], [false, true]);
  });

  it("goes on while brokers are cold, until the time for that is over", () => {
    assert.deepEqual(
      [warm(30, true, true), warm(59, false, true), warm(60, false, true)],
      [false, false, true],
    );
    assert.deepEqual([warm(10, true, true, 1), warm(10, false, true, 1)], [true, false]);
  });
});

describe("the verdict on a step", () => {
  const slo = sloSchema.parse({});
  const good: StepMetrics = {
    offered: 10_000,
    delivered: 10_000,
    lost: 0,
    unsent: 0,
    errors: 0,
    p99Ms: 40,
    steady: true,
    steadyReason: "",
    scheduleLagMsP99: 2,
    cpu: 0.4,
    brokersCompiling: 0.02,
  };
  const verdict = (more: Partial<StepMetrics>) => evaluate({ ...good, ...more }, slo);

  it("is ok where all is within the SLO, and gives no reason then", () => {
    assert.deepEqual(verdict({}), { verdict: "ok", reasons: [] });
    assert.equal(verdict({ p99Ms: 100, delivered: 9_990, scheduleLagMsP99: 10 }).verdict, "ok");
  });

  const missed: [Partial<StepMetrics>, RegExp][] = [
    [{ p99Ms: 100.1 }, /p99 latency 100\.1 ms, above 100 ms/],
    [
      { delivered: 9_989, unsent: 7 },
      /99\.89 % of 10000 messages were delivered, less than 99\.9 %, 7 were not even sent in time/,
    ],
    [{ lost: 1 }, /1 messages were lost, more than 0/],
  ];
  for (const [figures, reason] of missed) {
    it(`is slo-missed, with the numbers: ${reason.source}`, () => {
      const { verdict: found, reasons } = verdict(figures);
      assert.equal(found, "slo-missed");
      assert.match(reasons[0] ?? "", reason);
    });
  }

  it("is generator-bound where the schedule lagged or a thread was full, whatever the latency", () => {
    assert.equal(verdict({ scheduleLagMsP99: 10.1 }).verdict, "generator-bound");
    assert.equal(verdict({ cpu: 0.9, p99Ms: 5_000 }).verdict, "generator-bound");
  });

  it("is not-steady where the SLO was met but nothing was steady, and slo-missed where it was not", () => {
    assert.equal(verdict({ steady: false, steadyReason: "the median falls" }).verdict, "not-steady");
    assert.equal(verdict({ steady: false, p99Ms: 300 }).verdict, "slo-missed");
  });

  it("is not-steady where only latencies missed the SLO, while brokers compiled their code", () => {
    const { verdict: found, reasons } = verdict({ p99Ms: 300, brokersCompiling: 0.34 });
    assert.equal(found, "not-steady");
    assert.match(
      reasons.join("; "),
      /p99 latency 300\.0 ms.*; the brokers' JIT compilers were busy \(0\.34 threads/,
    );
    assert.equal(verdict({ p99Ms: 300, brokersCompiling: null }).verdict, "slo-missed");
    assert.equal(verdict({ p99Ms: 300, brokersCompiling: 0.34, lost: 1 }).verdict, "slo-missed");
  });

  it("is ok where the SLO was met although brokers compiled their code: later they keep to it as well", () => {
    assert.equal(verdict({ brokersCompiling: 0.34 }).verdict, "ok");
  });

  it("is failed where nothing came, or nothing was due, or it could not be carried out", () => {
    assert.equal(verdict({ delivered: 0, cpu: 2 }).verdict, "failed");
    assert.equal(verdict({ offered: 0 }).verdict, "failed");
    const order = {
      workload: workloadSchema.parse({}),
      target: { brokerMetrics: [] },
    } as unknown as StepOrder;
    const lost = failedStep(order, "", ["an agent is gone"]);
    assert.deepEqual([lost.verdict, lost.reasons], ["failed", ["an agent is gone"]]);
  });

  it("says the SLO in words, and does not round it up", () => {
    assert.equal(
      sloText(sloSchema.parse({ delivered: 0.99999 })),
      "p99 latency <= 100 ms, delivered >= 99.99 %, lost <= 0",
    );
  });
});

describe("what a process knows of itself", () => {
  it("is read from the kernel's files", () => {
    assert.equal(waitOf("12345 678 9\n"), 678);
    assert.equal(waitOf(""), 0);
    assert.equal(busyTicksOf("cpu  10 1 5 1000 50 2 3 4 7 0\ncpu0 1 1 1 1\n"), 25);
    assert.equal(busyTicksOf(""), 0);
  });

  it("is no less than nothing, and there is memory", () => {
    const watch = new SelfWatch();
    const self = watch.sample();
    watch.close();
    assert.ok(self.memoryMiB > 10 && Object.values(self).every((value) => value >= 0), JSON.stringify(self));
  });
});
