import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { sloSchema, workloadSchema } from "../../contract/workload.ts";
import { steadySeconds } from "../../test/support/steadyInput.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import { randomOf } from "../load/random.ts";
import type { StepOrder } from "../run/stepOrder.ts";
import { failedStep } from "../run/stepResult.ts";
import { accountStep } from "./account.ts";
import { Bitmap } from "./bitmap.ts";
import { evaluate, type StepMetrics, sloText } from "./evaluate.ts";
import { busyTicksOf, SelfWatch, waitNsOf } from "./self.ts";
import { SequenceTracker } from "./sequences.ts";
import { isWarm, steadiness } from "./steady.ts";

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

  it("is a set: it counts the numbers of a range, each once, also after encoding", () => {
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

  it("counts the numbers that another one lacks, and adds all numbers of another one", () => {
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

  it("reports whether a number is new", () => {
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

  it("are reordered if a smaller one comes after a larger one of the same partition", () => {
    assert.deepEqual(after([0, 1], [0, 3], [0, 2], [0, 4]).reordered, [2]);
  });

  it("are not reordered across partitions, which Kafka does not order", () => {
    assert.deepEqual(after([0, 1], [0, 9], [50, 2], [50, 8]).reordered, []);
  });

  it("are duplicated, and not reordered, if one comes again", () => {
    const { duplicated, reordered, delivered } = after([0, 1], [0, 2], [0, 1], [0, 1]);
    assert.deepEqual([duplicated, reordered, delivered], [[1, 1], [], 2]);
  });
});

describe("the accounting of a step", () => {
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
      {
        producer,
        window: { from: 10, to: 20 },
        sent,
        late: 1,
        unsent: 10 - sent,
        acked: bits(...acked),
        sentTo: 0,
        failed: bits(),
      },
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
    changes: object = {},
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
          ...changes,
        },
      ],
    },
    latencies: [{ source: 0, slice: 0, latency: histogramOf([latencyUs]).encode() }],
    sendToReceive: nothing,
    repeats: nothing,
    reread: 0,
    positions: {},
    sameNode: [],
    clocks: [],
    bytes: 200,
    foreign: 2,
    malformed: 1,
    errors: {},
  });

  it("counts only messages due in the measured time", () => {
    const account = accountStep([produced(0, range(0, 25))], [consumed("g", 0, range(5, 18))]);
    const { offered, acked, delivered, lost } = account;
    assert.deepEqual({ offered, acked, delivered, lost }, { offered: 10, acked: 10, delivered: 8, lost: 2 });
  });

  it("counts messages as lost if they were acknowledged and not delivered, and no others", () => {
    const { lost, delivered, acked } = accountStep(
      [produced(0, range(10, 15))],
      [consumed("g", 0, range(13, 20))],
    );
    assert.deepEqual({ lost, delivered, acked }, { lost: 3, delivered: 7, acked: 5 });
  });

  it("combines the tasks of a group", () => {
    const tasks = [consumed("g", 0, range(10, 14)), consumed("g", 0, range(14, 20))];
    assert.deepEqual([accountStep([produced(0, range(10, 20))], tasks).delivered, 10], [10, 10]);
  });

  it("counts messages as duplicated if two tasks of a group received them, or one received them again", () => {
    const tasks = [
      consumed("g", 0, range(10, 16), { duplicated: [11, 11, 3] }),
      consumed("g", 0, range(14, 20)),
    ];
    assert.equal(accountStep([produced(0, range(10, 20))], tasks).duplicated, 4);
  });

  it("expects every message in every group: the smallest count is delivered, and a message missing anywhere is lost once", () => {
    const tasks = [consumed("a", 0, range(10, 19)), consumed("b", 0, range(11, 19))];
    const { delivered, lost } = accountStep([produced(0, range(10, 20))], tasks);
    assert.deepEqual({ delivered, lost }, { delivered: 8, lost: 2 });
  });

  it("counts missing messages as pending while unread offsets could hold them", () => {
    const account = (unread: number | null) => {
      const { lost, pending } = accountStep(
        [produced(0, range(10, 20))],
        [consumed("g", 0, range(10, 16))],
        unread,
      );
      return { lost, pending };
    };
    assert.deepEqual(account(0), { lost: 4, pending: 0 });
    assert.deepEqual(account(3), { lost: 1, pending: 3 });
    assert.deepEqual(account(100), { lost: 0, pending: 4 });
    assert.deepEqual(account(null), { lost: 0, pending: 4 });
  });

  it("counts everything as lost if nothing came", () => {
    assert.equal(accountStep([produced(0, range(10, 20))], []).lost, 10);
  });

  it("adds up the totals of tasks, and finds the slowest producer", () => {
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

describe("the check for a steady load", () => {
  it("needs five whole seconds", () => {
    assert.deepEqual(steadiness(steadySeconds(4, () => ({}))), {
      steady: false,
      reason: "only 4 whole seconds",
    });
    assert.equal(steadiness(steadySeconds(5, () => ({}))).steady, true);
  });

  it("detects JIT warm-up: the latency falls", () => {
    const medians = [30, 20, 12, 6, 3];
    assert.match(
      steadiness(steadySeconds(5, (index) => ({ p50Ms: medians[index] as number }))).reason,
      /the median latency falls by/,
    );
  });

  it("detects overload: the latency rises, or less is delivered than offered", () => {
    assert.match(steadiness(steadySeconds(5, (index) => ({ p50Ms: 100 * index }))).reason, /rises/);
    assert.match(
      steadiness(steadySeconds(5, () => ({ delivered: 900 }))).reason,
      /4500 of 5000 messages were delivered/,
    );
  });

  it("detects a backlog that grows slowly", () => {
    const growing = steadySeconds(5, (index) => ({
      offered: 10_000,
      delivered: 9_850,
      backlog: 150 * index,
    }));
    assert.match(steadiness(growing).reason, /the backlog grows by 150 messages per second/);
  });

  it("rejects noise at most once in ten times", () => {
    const random = randomOf(2);
    const runs = Array.from({ length: 500 }, () =>
      steadiness(
        steadySeconds(5, () => ({
          p50Ms: 2 + 4 * random(),
          delivered: 990 + Math.floor(20 * random()),
          backlog: Math.floor(30 * random()),
        })),
      ),
    );
    assert.ok(runs.filter(({ steady }) => !steady).length <= 50);
  });

  it("ignores a trend that is too small to matter", () => {
    assert.equal(steadiness(steadySeconds(5, (index) => ({ p50Ms: 1 + 0.05 * index }))).steady, true);
  });

  it("ignores a message more or less if there are few", () => {
    assert.equal(
      steadiness(steadySeconds(5, (index) => ({ offered: 2, delivered: index % 2 === 0 ? 1 : 3 }))).steady,
      true,
    );
  });
});

describe("a step's warm-up", () => {
  const warm = (seconds: number, steady: boolean, jitBusy: boolean, brokers = 60) =>
    isWarm({ min: 5, max: 20, brokers }, { seconds, steady, jitBusy });

  it("ends once the load is steady, not before its minimum, and at its maximum in any case", () => {
    assert.deepEqual([warm(4, true, false), warm(5, true, false)], [false, true]);
    assert.deepEqual([warm(19, false, false), warm(20, false, false)], [false, true]);
  });

  it("continues while the JIT compilers of the brokers are busy, until its limit for that", () => {
    assert.deepEqual(
      [warm(30, true, true), warm(59, false, true), warm(60, false, true)],
      [false, false, true],
    );
    assert.deepEqual([warm(10, true, true, 1), warm(10, false, true, 1)], [true, false]);
  });
});

describe("the verdict of a step", () => {
  const slo = sloSchema.parse({});
  const good: StepMetrics = {
    offered: 10_000,
    delivered: 10_000,
    lost: 0,
    pending: 0,
    unsent: 0,
    errors: 0,
    p99Ms: 40,
    ranked: 10_000,
    late: 0,
    durationSec: 10,
    steady: true,
    steadyReason: "",
    scheduleLagMsP99: 2,
    cpu: 0.4,
    consumers: { cpuWait: 0.05, eventLoopDelayMs: 2 },
    brokersJitThreads: 0.02,
  };
  const verdict = (changes: Partial<StepMetrics>) => evaluate({ ...good, ...changes }, slo);

  it("is ok without a reason if everything is within the SLO", () => {
    assert.deepEqual(verdict({}), { verdict: "ok", reasons: [] });
    assert.equal(verdict({ p99Ms: 100, delivered: 9_990, scheduleLagMsP99: 10 }).verdict, "ok");
  });

  it("is not decidable if the log should have been checked and could not be", () => {
    const { verdict: unknown, reasons } = verdict({ logError: "timed out" });
    assert.equal(unknown, "not-decidable");
    assert.deepEqual(reasons, ["the log could not be checked: timed out"]);
    assert.equal(verdict({ missing: 0 }).verdict, "ok");
  });

  const missed: [Partial<StepMetrics>, RegExp][] = [
    [{ p99Ms: 100.1 }, /p99 latency 100\.1 ms, above 100 ms/],
    [
      { delivered: 9_989, unsent: 7 },
      /99\.89 % of 10000 messages were delivered, less than 99\.9 %, 7 were not even sent in time/,
    ],
    [{ lost: 1 }, /1 messages were lost, more than 0/],
    [{ missing: 1 }, /1 messages of the step were acknowledged .* but are not in the log, more than 0/],
  ];
  for (const [metrics, reason] of missed) {
    it(`is slo-missed, with the values: ${reason.source}`, () => {
      const { verdict: actual, reasons } = verdict(metrics);
      assert.equal(actual, "slo-missed");
      assert.match(reasons[0] ?? "", reason);
    });
  }

  it("is generator-bound if the schedule lagged or a thread was saturated, whatever the latency", () => {
    assert.equal(verdict({ scheduleLagMsP99: 10.1 }).verdict, "generator-bound");
    assert.equal(verdict({ cpu: 0.9, p99Ms: 5_000 }).verdict, "generator-bound");
  });

  it("is generator-bound if the SLO was missed and a consumer was starved", () => {
    const late = { cpuWait: 0.3, eventLoopDelayMs: 10.1 };
    const { verdict: actual, reasons } = verdict({ p99Ms: 300, consumers: late });
    assert.equal(actual, "generator-bound");
    assert.match(
      reasons[0] ?? "",
      /event loop delay p99 10\.1 ms, above .* \(10\.0 ms\); .* 30 % of the time/,
    );
    assert.match(reasons[1] ?? "", /p99 latency 300\.0 ms/);
    const waiting = { cpuWait: 0.5, eventLoopDelayMs: 1 };
    assert.equal(verdict({ p99Ms: 300, consumers: waiting }).verdict, "generator-bound");
    assert.equal(verdict({ consumers: late }).verdict, "ok");
    assert.equal(
      verdict({ p99Ms: 300, consumers: { cpuWait: 0.49, eventLoopDelayMs: 10 } }).verdict,
      "slo-missed",
    );
    assert.equal(verdict({ p99Ms: 300, consumers: null }).verdict, "slo-missed");
  });

  it("is not-steady if the load was not steady and the SLO was met, and slo-missed if it was not met", () => {
    assert.equal(verdict({ steady: false, steadyReason: "the median falls" }).verdict, "not-steady");
    assert.equal(verdict({ steady: false, p99Ms: 300 }).verdict, "slo-missed");
  });

  it("is not-steady if only latencies missed the SLO while JIT compilers were busy", () => {
    const { verdict: actual, reasons } = verdict({ p99Ms: 300, brokersJitThreads: 0.34 });
    assert.equal(actual, "not-steady");
    assert.match(
      reasons.join("; "),
      /p99 latency 300\.0 ms.*; the brokers' JIT compilers were busy \(0\.34 threads/,
    );
    assert.equal(verdict({ p99Ms: 300, brokersJitThreads: null }).verdict, "slo-missed");
    assert.equal(verdict({ p99Ms: 300, brokersJitThreads: 0.34, lost: 1 }).verdict, "slo-missed");
  });

  it("is not-drained if messages were still under way, unless the SLO was missed without them", () => {
    const { verdict: actual, reasons } = verdict({ pending: 5, delivered: 9_995 });
    assert.deepEqual(
      [actual, reasons],
      [
        "not-drained",
        ["5 of 10000 messages were still under way at the end of the drain: raise benchmark.drain"],
      ],
    );
    assert.equal(verdict({ pending: 2_000, p99Ms: null, late: 2_000 }).verdict, "slo-missed");
  });

  it("is not-decidable if fewer than 1,000 messages were due, unless too many were late for chance", () => {
    const few = { offered: 80, delivered: 80, ranked: 80, p99Ms: null, durationSec: 8 };
    const { verdict: actual, reasons } = verdict(few);
    assert.deepEqual(
      [actual, reasons],
      ["not-decidable", ["not decidable: needs 920 more messages, set duration to 100 seconds"]],
    );
    assert.equal(verdict({ ...few, late: 3 }).verdict, "not-decidable");
    assert.equal(verdict({ ...few, late: 5 }).verdict, "slo-missed");
    assert.equal(verdict({ ...few, steady: false }).verdict, "not-steady");
    assert.equal(verdict({ ranked: 1_000 }).verdict, "ok");
  });

  it("names the late and missing messages if p99 lies beyond those that arrived", () => {
    assert.match(
      verdict({ p99Ms: null, late: 300 }).reasons[0] ?? "",
      /^p99 latency unknown \(300 of 10000 were late or missing\), above 100 ms$/,
    );
  });

  it("is ok if the SLO was met although JIT compilers were busy, since brokers only get faster", () => {
    assert.equal(verdict({ brokersJitThreads: 0.34 }).verdict, "ok");
  });

  it("is failed if nothing came, nothing was due, or the step could not be run", () => {
    assert.equal(verdict({ delivered: 0, cpu: 2 }).verdict, "failed");
    assert.equal(verdict({ offered: 0 }).verdict, "failed");
    const order = {
      workload: workloadSchema.parse({}),
      target: { kafka: { brokers: [] } },
    } as unknown as StepOrder;
    const lost = failedStep(order, "", ["an agent is gone"]);
    assert.deepEqual([lost.verdict, lost.reasons], ["failed", ["an agent is gone"]]);
  });

  it("prints the SLO without rounding it up", () => {
    assert.equal(
      sloText(sloSchema.parse({ delivered: 0.99999 })),
      "p99 latency <= 100 ms, delivered >= 99.99 %, lost <= 0",
    );
  });
});

describe("the resource usage of a process", () => {
  it("is read from the kernel's files", () => {
    assert.equal(waitNsOf("12345 678 9\n"), 678);
    assert.equal(waitNsOf(""), 0);
    assert.equal(busyTicksOf("cpu  10 1 5 1000 50 2 3 4 7 0\ncpu0 1 1 1 1\n"), 25);
    assert.equal(busyTicksOf(""), 0);
  });

  it("is never negative, and includes memory", () => {
    const watch = new SelfWatch();
    watch.start();
    const self = watch.sample();
    watch.stop();
    assert.ok(self.memoryMiB > 10 && Object.values(self).every((value) => value >= 0), JSON.stringify(self));
  });
});
