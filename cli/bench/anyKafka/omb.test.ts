import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { validated } from "../request.ts";
import { fromOmb, isOmbWorkload } from "./omb.ts";
import { readWorkloadFile } from "./workloadFile.ts";

/** The fields that every workload has. */
const BASE = {
  name: "base",
  topics: 10,
  partitionsPerTopic: 3,
  messageSize: 100,
  payloadFile: "payload/100.data",
  subscriptionsPerTopic: 2,
  consumerPerSubscription: 4,
  producersPerTopic: 5,
  producerRate: 1_000,
  consumerBacklogSizeGB: 0,
  testDurationMinutes: 2,
};
const payload =
  (bytes = 100) =>
  () =>
    Buffer.alloc(bytes, "x");
const found = (changes: object = {}) => fromOmb({ ...BASE, ...changes }, payload());
const load = (changes: object = {}) => validated(found(changes));
const failure = (changes: object, read = payload()): string => {
  try {
    fromOmb({ ...BASE, ...changes }, read);
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail("it was accepted");
};

describe("a workload of the OpenMessaging Benchmark", () => {
  it("becomes a load on all its topics, measured as long as it says", () => {
    const { workload, benchmark } = load();
    assert.deepEqual(
      [workload.topics, workload.partitions, workload.producers, workload.consumers, workload.groups],
      [10, 3, 50, 4, 2],
    );
    assert.deepEqual([workload.totalRate, workload.rate, workload.messageBytes], [1_000, undefined, 100]);
    assert.deepEqual(workload.content, { base64: Buffer.alloc(100, "x").toString("base64") });
    assert.deepEqual([benchmark.duration, benchmark.preheat, benchmark.warmUp.min], [120, 0, 60]);
    assert.equal(load({ topics: 1 }).workload.topics, undefined);
  });

  it("has keys and random content as it says", () => {
    assert.equal(load().workload.keys, "none");
    assert.deepEqual(load({ keyDistributor: "KEY_ROUND_ROBIN" }).workload.keys, { roundRobin: 10_000 });
    assert.deepEqual(load({ keyDistributor: "RANDOM_NANO" }).workload.keys, { uniform: 10_000 });
    const random = { useRandomizedPayloads: true, randomBytesRatio: 0.5, randomizedPayloadPoolSize: 9 };
    assert.deepEqual(load(random).workload.content, { random: 0.5 });
    assert.match(found(random).notes.join(), /randomizedPayloadPoolSize/);
  });

  it("searches the largest rate if it has none, within its time", () => {
    const { workload, benchmark } = load({ producerRate: 0 });
    const { variable, from, to, maxTime, confirm } = benchmark.search ?? {};
    assert.deepEqual([variable, from, to, maxTime, confirm], ["totalRate", 1_000, 1_000_000, 120, 60]);
    assert.equal(benchmark.preheat, 60);
    assert.equal(workload.totalRate, 1_000);
    assert.match(found({ producerRate: 0 }).notes.join(), /producerRate 0: the run searches/);
  });

  it("becomes a sweep if its rate rises", () => {
    const rising = { producerStartRate: 100, producerIncrementRate: 250, producerIncrementSeconds: 30 };
    const { benchmark } = load(rising);
    assert.deepEqual([benchmark.sweep, benchmark.duration], [{ totalRate: [100, 350, 600, 850] }, 30]);
    assert.deepEqual(load({ ...rising, testDurationMinutes: 10 }).benchmark.sweep?.totalRate?.at(-1), 1_000);
    assert.equal(load({ ...rising, producerIncrementRate: 0 }).benchmark.sweep, undefined);
  });

  it("has one consumer if it is of a version without this field, and may have a rate of millions", () => {
    const { consumerPerSubscription: _, ...early } = BASE;
    const { workload } = validated(fromOmb({ ...early, producerRate: 4_000_000 }, payload()));
    assert.deepEqual([workload.consumers, workload.totalRate], [1, 4_000_000]);
  });

  it("may have fields that change nothing here", () => {
    const without = {
      acceptableBacklog: 9,
      producerPauseDuringDrain: 1,
      backlogDrainRatio: 0.9,
      logIntervalMillis: 1,
    };
    assert.deepEqual(load(without), load());
  });

  for (const [field, value] of [
    ["consumerBacklogSizeGB", 4],
    ["messageRateReceivedForSubscription", 50],
    ["subscriptionsPerTopic", 0],
    ["consumerPerSubscription", 0],
    ["messageSize", 20],
    ["testDurationMinutes", 0],
    ["keyDistributor", "OTHER"],
    ["randomTopicNames", false],
    ["consumerOnly", true],
    ["topics", "ten"],
    ["topics", 100_000],
    ["producersPerTopic", 20_000],
    ["topicGroups", []],
    ["partitionsPerTopicList", [1, 2]],
    ["producerRateList", [[11, 30, 1_000]]],
  ] as const) {
    it(`is refused with ${field}: ${JSON.stringify(value)}, by name`, () =>
      assert.match(failure({ [field]: value }), new RegExp(`^${field}: `, "m")));
  }

  it("names all unsupported fields at once", () =>
    assert.match(
      failure({ messageSize: 20, more: 1 }),
      /messageSize: 20: .*\nmore: this field is not supported/,
    ));

  it("is refused if its payload is missing or has another size, unless the content is set otherwise", () => {
    assert.match(
      failure({}, payload(99)),
      /payloadFile: payload\/100\.data: has 99 bytes, and messageSize is 100/,
    );
    const missing = () => {
      throw new Error("no such file");
    };
    assert.match(failure({}, missing), /payloadFile: no such file/);
    assert.equal(fromOmb(BASE, undefined).workload.content, undefined);
  });
});

describe("a workload file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const yaml = (changes: object = {}) =>
    Object.entries({ ...BASE, ...changes })
      .map(([field, value]) => `${field}: ${value}`)
      .join("\n");

  it("is recognised as one of OMB, whose payload is found beside the folder of the workloads", () => {
    write("payload/100.data", "y".repeat(100));
    const { name, workload } = readWorkloadFile(write("workloads/a.yaml", yaml()), false);
    assert.equal(name, "base");
    assert.deepEqual(workload.content, { base64: Buffer.alloc(100, "y").toString("base64") });
    assert.equal(isOmbWorkload({ workload: {} }), false);
  });

  it("names itself and its field in an error, and says how to do without a payload", () => {
    const file = write("workloads/b.yaml", yaml({ payloadFile: "payload/none.data" }));
    assert.throws(() => readWorkloadFile(file, false), {
      message: /b\.yaml: payloadFile: payload\/none\.data is not in /,
      hint: /--set content=random/,
    });
    assert.equal(readWorkloadFile(file, true).workload.content, undefined);
  });

  it("may have variables with defaults", () => {
    const file = write("c.yaml", yaml({ testDurationMinutes: `$${"{SWARMBENCH_TEST_MINUTES:-15}"}` }));
    assert.equal(readWorkloadFile(file, true).benchmark.duration, "15 minutes");
    process.env.SWARMBENCH_TEST_MINUTES = "3";
    try {
      assert.equal(readWorkloadFile(file, true).benchmark.duration, "3 minutes");
    } finally {
      delete process.env.SWARMBENCH_TEST_MINUTES;
    }
  });

  it("may have workload and benchmark as a scenario has them", () => {
    write("readings.txt", "abc");
    const own =
      "workload: { producers: 5, content: { file: readings.txt } }\nbenchmark: { duration: 20 seconds }";
    const { name, ...settings } = readWorkloadFile(write("own.yaml", own), false);
    const { workload, benchmark } = validated(settings);
    assert.deepEqual([name, workload.producers, benchmark.duration], ["own", 5, 20]);
    assert.deepEqual(workload.content, { base64: Buffer.from("abc").toString("base64") });
  });

  it("is refused if it is neither", () => {
    assert.throws(
      () => readWorkloadFile(write("d.yaml", "producers: 5"), false),
      /d\.yaml: producers: expected the sections/,
    );
    assert.throws(() => readWorkloadFile(write("e.yaml", "- 1"), false), /expected a YAML mapping/);
    assert.throws(() => readWorkloadFile(write("f.yaml", "a: [1"), false), /f\.yaml/);
    assert.throws(() => readWorkloadFile(path.join(folder, "none.yaml"), false), /ENOENT/);
  });
});
