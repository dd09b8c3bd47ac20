import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import type { BenchPlan } from "../../contract/request.ts";
import type { Knee, RunEvent, Second } from "../../contract/result.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { parsed } from "../../test/support/commands.ts";
import { sampleEvents, sampleStep } from "../../test/support/sampleRun.ts";
import { validated } from "../bench/request.ts";
import { latencyByPause, toleranceMs } from "./analytic.ts";
import { readArguments as argumentsOf } from "./arguments.ts";
import { calibrationSchema } from "./calibration.ts";
import { between, generatorRows, limitOf, type Trial, trialOf } from "./checks/generator.ts";
import { toolRows } from "./checks/independentTools.ts";
import { delayRows, limitMs } from "./checks/knownDelay.ts";
import { pausedFrom } from "./checks/omission.ts";
import { kneeRows, stepRows } from "./checks/repeatability.ts";
import { calibrateCommand } from "./command.ts";
import { LiveStep } from "./live.ts";
import { withPlainLoad } from "./plain.ts";
import { entriesOf, proxyRouteOf, refuseHostNetwork } from "./proxy.ts";
import { QUESTIONS } from "./questions.ts";
import { CalibrationRecord, folderName, hasPassed } from "./record.ts";
import { atMost, exactly, notDone, type Row, stated, within } from "./row.ts";
import { median, spreadOf, unionCovers } from "./statistics.ts";
import { markdownOf, terminalTable } from "./table.ts";

const passes = (rows: readonly Row[]) => rows.map(({ pass }) => pass);

describe("the load of a calibration", () => {
  const loadOf = (scenario: { workload: object; benchmark: object }) =>
    validated(withPlainLoad(scenario as BenchPlan));
  const workload: Record<keyof typeof workloadSchema.shape, unknown> = {
    client: "platformatic",
    producers: 7,
    rate: 3,
    totalRate: 21,
    arrival: { ramp: { from: 0.5, over: "3 seconds" } },
    messageBytes: 4_000,
    content: "compressible",
    keys: { zipf: { count: 9 } },
    topic: "theirs",
    topics: 2,
    partitions: 3,
    replicationFactor: 3,
    topicConfig: { "min.insync.replicas": "2" },
    acks: "all",
    idempotent: true,
    compression: "lz4",
    lingerMs: 9,
    batchBytes: 9_999,
    maxOutstanding: 9,
    consumers: 9,
    groups: 2,
    fetch: { minBytes: 9, maxWaitMs: 9, maxBytes: 9_999 },
    nodes: 2,
  };
  const benchmark: Record<keyof typeof benchmarkSchema.shape, unknown> = {
    run: false,
    slo: { p99Ms: 9, delivered: 0.5, lost: 9 },
    sweep: { producers: [1, 2] },
    combine: "side by side",
    search: { variable: "producers", from: 1, to: 9 },
    soak: "9 hours",
    scale: "auto",
    preheat: "9 minutes",
    warmUp: { min: "9 seconds", max: "9 minutes", brokers: "9 minutes" },
    duration: "9 minutes",
    drain: "9 minutes",
    logCheck: true,
    faults: [{ at: "9 seconds", fault: "broker-kill", target: "broker 1" }],
    network: { enabled: true, seconds: 9, packets: 99 },
    seed: 9,
    pacing: "timer",
  };

  it("does not depend on the options of the scenario", () => {
    assert.deepEqual(Object.keys(workload).sort(), Object.keys(workloadSchema.shape).sort());
    assert.deepEqual(Object.keys(benchmark).sort(), Object.keys(benchmarkSchema.shape).sort());
    assert.deepEqual(loadOf({ workload, benchmark }), loadOf({ workload: {}, benchmark: {} }));
  });

  it("has the default of almost every option", () => {
    const plain = loadOf({ workload, benchmark });
    assert.deepEqual(
      plain.workload,
      workloadSchema.parse({ client: "kafkajs", acks: 1, replicationFactor: 1 }),
    );
    const { preheat, warmUp, network, ...others } = plain.benchmark;
    assert.deepEqual([preheat, warmUp, network.enabled], [0, { min: 5, max: 15, brokers: 30 }, false]);
    const { preheat: _, warmUp: __, network: ___, ...defaults } = benchmarkSchema.parse({});
    assert.deepEqual(others, defaults);
  });
});

describe("the latencies that a pause causes", () => {
  const pause = { measured: 10, paused: 2 };

  it("are 1 s at p90, 1.9 s at p99 and nothing at p50 for a pause of 2 in 10 s", () => {
    const latencies = [0.5, 0.8, 0.9, 0.99, 1].map((quantile) => Math.round(latencyByPause(pause, quantile)));
    assert.deepEqual(latencies, [0, 0, 1_000, 1_900, 2_000]);
  });

  it("are those of messages that are due at a constant rate, for any times", () => {
    const times = fc.record({
      measured: fc.double({ min: 1, max: 100, noNaN: true }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
      quantile: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const count = 10_000;
    fc.assert(
      fc.property(times, ({ measured, share, quantile }) => {
        const paused = measured * share;
        // Message k is due at k / count of the time; the pause is at its beginning.
        const latencies = Array.from({ length: count }, (_, k) =>
          Math.max(0, paused - (k * measured) / count),
        );
        const sorted = latencies.sort((a, b) => a - b);
        const simulated = 1_000 * (sorted[Math.min(count - 1, Math.floor(quantile * count))] ?? 0);
        const stepMs = (1_000 * measured) / count;
        assert.ok(Math.abs(simulated - latencyByPause({ measured, paused }, quantile)) <= 2 * stepMs);
      }),
    );
  });

  it("may be longer by the catch-up time of the brokers, and hardly shorter", () => {
    assert.deepEqual(toleranceMs(pause, 5, 10), { below: 30, above: 215 });
  });

  it("use the time between the middle of pausing and the middle of unpausing", () => {
    const { seconds, uncertainSec } = pausedFrom("100.0 100.2 102.2 102.3\n");
    assert.deepEqual([seconds.toFixed(3), uncertainSec.toFixed(3)], ["2.150", "0.150"]);
  });
});

describe("a row of the table", () => {
  it("passes within its limits and at them", () => {
    const rows = [19, 18.9, 21.1, 21.2, null].map((value) =>
      within("p50", value, 20, { below: 1.1, above: 1.1 }),
    );
    assert.deepEqual(passes(rows), [true, true, true, false, false]);
    assert.deepEqual([rows[0]?.expected, rows[0]?.limit], ["20 ms", "± 1.1 ms"]);
  });

  it("shows unequal limits as a range", () => {
    assert.equal(within("p99", 1, 1_900, { below: 30, above: 215 }).limit, "1870 ms to 2115 ms");
  });

  it("passes for a count only if it is exact", () => {
    assert.deepEqual(passes([exactly("lost", 7, 7), exactly("lost", 8, 7), exactly("lost", undefined, 7)]), [
      true,
      false,
      false,
    ]);
  });

  it("that only states a value has no result, and NaN does not pass", () => {
    assert.deepEqual(passes([stated("p50", "1"), atMost("x", Number.NaN, 2, "1")]), [null, false]);
  });
});

describe("a known delay", () => {
  const measured = (rise: number) =>
    delayRows(
      new Map([
        [0, [{ min: 1, p50: 2, p99: 10 }]],
        [100, [{ min: 1 + rise, p50: 2 + rise, p99: 10 + rise }]],
      ]),
    );

  it("must be found within 3 % and 0.5 ms, at min and p50; p99 is only stated", () => {
    assert.deepEqual([limitMs(5), limitMs(100)], [0.65, 3.5]);
    assert.deepEqual(passes(measured(103.4)), [true, true, null]);
    assert.deepEqual(passes(measured(96.4)), [false, false, null]);
  });

  it("is stated with the smallest and the largest rise of all rounds", () => {
    const rounds = [1, 2, 3].map((p50) => ({ min: p50, p50, p99: p50 }));
    const slower = [21, 23, 22.5].map((p50) => ({ min: p50, p50, p99: p50 }));
    const [row] = delayRows(new Map([0, 20].map((delay) => [delay, delay === 0 ? rounds : slower])));
    assert.equal(row?.measured, "20 ms (19.5 to 21)");
  });

  it("is the median of the rounds, so that one disturbed round does not matter", () => {
    const rounds = [1, 1, 50].map((p50) => ({ min: p50, p50, p99: p50 }));
    const slower = [21, 90, 21].map((p50) => ({ min: p50, p50, p99: p50 }));
    assert.deepEqual(
      passes(
        delayRows(
          new Map([
            [0, rounds],
            [20, slower],
          ]),
        ),
      ),
      [true, true, null],
    );
  });
});

describe("the proxy", () => {
  const brokers = [1, 2].map((id) => ({ id, host: `broker-${id}`, port: 9092 }));
  const entries = entriesOf(
    [
      { name: "slower-0", latencyMs: 0 },
      { name: "slower-20", latencyMs: 20 },
    ],
    brokers,
  );

  it("listens on a separate port for each broker of each route", () => {
    assert.equal(new Set(entries.map(({ port }) => port)).size, 4);
    assert.equal(new Set(entries.map(({ name }) => name)).size, 4);
    assert.deepEqual(
      entries.map(({ upstream, latencyMs }) => [upstream, latencyMs]),
      [
        ["broker-1:9092", 0],
        ["broker-2:9092", 0],
        ["broker-1:9092", 20],
        ["broker-2:9092", 20],
      ],
    );
  });

  it("is refused if agents on the nodes' own network could not reach it", () => {
    const agents = { producer: { tasks: 1 }, consumer: { tasks: 1 } };
    refuseHostNetwork({ agents }, "local");
    assert.throws(() => refuseHostNetwork({ agents: { ...agents, nodeAddresses: ["10.0.0.1"] } }, "local"), {
      code: "usage",
      hint: /set swarm\.network to overlay, then run pulumi up/,
    });
  });

  it("gives a route to every broker of one route only", () => {
    assert.deepEqual(proxyRouteOf("slower-20", entries, "10.0.1.9"), {
      "broker-1:9092": "10.0.1.9:20100",
      "broker-2:9092": "10.0.1.9:20101",
    });
    assert.deepEqual(Object.keys(proxyRouteOf("slower-2", entries, "10.0.1.9")), []);
  });
});

describe("independent tools", () => {
  const sample = (p50: number, p99: number) => [{ p50, p99 }];
  it("must agree in both directions: p50 within 1 ms, p99 within a factor of 2", () => {
    const rows = toolRows({
      yardstick: sample(1, 4),
      agents: sample(2.1, 7),
      single: sample(2, 4),
      agentsSingle: sample(1.2, 1.9),
    });
    assert.deepEqual(passes(rows), [null, null, false, true, null, null, true, false]);
  });
});

describe("repeatability", () => {
  const knee = (value: number, to: number | null) => ({ value, interval: [value, to] }) as unknown as Knee;

  it("states the spread of the same step", () => {
    const steps = [1, 2, 3].map((p50) => {
      const step = sampleStep(1, 50, p50);
      return { ...step, latencyMs: { ...step.latencyMs, p50, p99: 10 * p50 } };
    });
    assert.match(stepRows(steps)[0]?.measured ?? "", /min 1, median 2, max 3 ms; .* 50\.0 %/);
  });

  it("fails when an interval does not cover the median knee", () => {
    assert.deepEqual(passes(kneeRows([knee(400, 460), knee(440, 500), knee(450, 520)])), [null, false, true]);
    assert.deepEqual(passes(kneeRows([knee(430, 460), knee(440, 500), knee(440, null)])), [null, true, true]);
  });

  it("fails when the intervals leave a gap in the spread", () => {
    assert.equal(
      unionCovers(
        [
          [400, 420],
          [440, 500],
        ],
        400,
        440,
      ),
      false,
    ); // prettier-ignore
    assert.equal(
      unionCovers(
        [
          [440, 500],
          [400, 445],
        ],
        400,
        440,
      ),
      true,
    ); // prettier-ignore
    assert.equal(unionCovers([[400, null]], 400, 9_000), true);
    assert.equal(unionCovers([], 1, 2), false);
  });

  it("has median and coefficient of variation", () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
    assert.equal(spreadOf([2, 2, 2]).variation, 0);
    assert.ok(Number.isNaN(median([])));
  });
});

describe("the limit of the generator", () => {
  const trial = (rate: number, bound: boolean, keptUp = true): Trial => ({
    rate,
    bound,
    keptUp,
    lagP99Ms: 1,
    cpu: 0.5,
    reason: "",
  });

  it("lies between the lowest generator-bound rate and the highest rate below it", () => {
    const { ceiling, bound } = limitOf([trial(8, true), trial(2, false), trial(4, false), trial(16, false)]);
    assert.deepEqual([ceiling?.rate, bound?.rate], [4, 8]);
  });

  it("fails when a rate at which the generator fell behind was not called generator-bound", () => {
    assert.deepEqual(passes(generatorRows([trial(2, false), trial(4, true, false)])), [
      null,
      null,
      null,
      true,
      true,
    ]);
    assert.deepEqual(passes(generatorRows([trial(2, false, false), trial(4, true)])).at(-1), false);
  });

  it("fails when no rate was generator-bound, so that the limit is unknown", () => {
    assert.equal(passes(generatorRows([trial(2, false)]))[3], false);
  });

  it("is refined evenly on a logarithmic scale", () => {
    assert.deepEqual(between(1_000, 8_000, 2), [2_000, 4_000]);
  });

  it("shows in a single second that the generator falls behind", () => {
    const step = sampleStep(1, 50, 3);
    const second = { ...step.seconds[0], measured: true, offered: 100 } as Second;
    const seconds = [
      { ...second, sent: 100 },
      { ...second, sent: 97 },
    ];
    assert.equal(trialOf(100, { ...step, seconds }).keptUp, false);
    assert.equal(trialOf(100, { ...step, seconds: seconds.slice(0, 1) }).keptUp, true);
    assert.throws(() => trialOf(100, { ...step, verdict: "failed", reasons: ["no agent"] }), /no agent/);
  });
});

describe("a live step", () => {
  it("has its topic, each second once, and the delivered messages", async () => {
    const live = new LiveStep();
    const [begin] = sampleEvents();
    const second = (at: number, measured: boolean) => ({
      event: "second",
      step: 1,
      second: { at, measured, delivered: 7 },
    });
    const started = { event: "step-started", at: "2026-01-01T00:00:00Z", step: 1, values: {} };
    const events = [begin, started, second(5, false), second(6, true)] as RunEvent[];
    for (const event of [...events, ...events]) live.take(event);
    assert.equal(live.name, `${(begin as { run: string }).run}-1`);
    assert.deepEqual([live.seconds.length, live.delivered, await live.measuring()], [2, 14, 6]);
  });

  it("reports that it ended before the condition was fulfilled", async () => {
    const live = new LiveStep();
    const waiting = live.measuring();
    live.end();
    await assert.rejects(waiting, /the run ended before its measured time began/);
  });
});

describe("a calibration's record", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-calibrate-"));
  after(() => rmSync(folder, { recursive: true }));
  const read = () =>
    calibrationSchema.parse(JSON.parse(readFileSync(path.join(folder, "calibration.json"), "utf8")));

  it("is written to disk after each row, before the check has ended", () => {
    const record = new CalibrationRecord(folder, { scenario: "local", quick: true });
    record.begin("accounts", "exact?");
    record.add([exactly("lost | found", 5, 5)]);
    assert.equal(read().checks[0]?.rows.length, 1);
    assert.equal(read().endedAt, null);
    record.finish(["20260101T000000Z-local-abc"], null);
    record.end();
    assert.equal(hasPassed(read()), true);
    const text = readFileSync(path.join(folder, "calibration.md"), "utf8");
    assert.match(text, /# Calibration of local: passed/);
    assert.match(text, /\| accounts \| lost \\\| found \| 5 \| 5 \| exact \| pass \|/);
  });

  it("has not passed with a failed row or without rows", () => {
    const check = {
      check: "omission",
      question: "?",
      startedAt: "2026-01-01T00:00:00Z",
      endedAt: null,
      runs: [],
    };
    const withRows = (rows: Row[]) =>
      ({ checks: [{ ...check, rows }] }) as unknown as Parameters<typeof hasPassed>[0];
    assert.deepEqual(
      [withRows([stated("a", "1")]), withRows([notDone("omission", "no broker")]), withRows([])].map(
        hasPassed,
      ),
      [true, false, false],
    );
    assert.match(terminalTable(withRows([notDone("omission", "no broker")])), /FAIL/);
    const whole = { ...read(), checks: withRows([notDone("omission", "no broker")]).checks };
    assert.match(markdownOf(whole), /1 failed/);
  });

  it("lies in a folder named by time and scenario", () => {
    assert.equal(folderName("a b", new Date("2026-01-02T03:04:05.678Z")), "calibration-20260102T030405Z-a-b");
  });
});

describe("the arguments", () => {
  const readArguments = (args: string[]) => argumentsOf(parsed(calibrateCommand(), args));
  it("select checks, and list all checks when one is unknown", () => {
    assert.deepEqual(readArguments(["-s", "x", "--only", "omission, known-delay"]).only, [
      "omission",
      "known-delay",
    ]);
    assert.equal(readArguments([]).only, undefined);
    assert.throws(
      () => readArguments(["--only", "omision"]),
      /unknown check; the checks are known-delay, omission, independent-tools, accounts, repeatability, generator/,
    );
    for (const [name, question] of Object.entries(QUESTIONS)) {
      assert.ok(
        calibrateCommand()
          .helpInformation()
          .includes(`${name.padEnd(18)} ${question}`),
        name,
      );
    }
  });
});
