import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Clock } from "../../bench/clock";
import { type JobContext, job } from "../../bench/job";
import { waitUntilReady } from "../../bench/jobs/kafkaReady";
import { lookOf, waitUntilSettled } from "../../bench/jobs/kafkaSettled";
import { clientConfig } from "../../bench/kafka/client";
import type { KafkaDoor, PartitionView } from "../../bench/kafka/cluster";
import { unsettled } from "../../bench/kafka/look";
import { type AskMetrics, lookAtMetrics } from "../../bench/kafka/metrics";
import { EXIT, explain, runJob } from "../../bench/main";
import { Problem } from "../../bench/problem";
import { type KafkaTarget, kafkaTargetSchema } from "../../contract/target";

const plain: KafkaTarget = {
  bootstrap: ["broker-1:9092"],
  brokers: [1, 2, 3].map((id) => ({ id, host: `broker-${id}`, port: 9092 })),
  security: { protocol: "PLAINTEXT" },
};

/** A context whose time passes only where somebody sleeps. */
function fakeContext(): JobContext & { lines: string[] } {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const lines: string[] = [];
  return { clock, lines, progress: (line) => lines.push(line) };
}

/** A healthy cluster of three, but for what a test says; `calls` tells what was asked of it. */
function fakeDoor(own: Partial<KafkaDoor> = {}): KafkaDoor & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    view: async () => ({ clusterId: "c", controllerId: 1, brokers: [1, 2, 3] }),
    partitions: async () => [{ topic: "t", partition: 0, leader: 1, replicas: [1, 2], isr: [2, 1] }],
    placeTopics: async (_, brokerOf) => void calls.push(`place on ${Object.values(brokerOf)}`),
    removeTopics: async (_, prefix) => void calls.push(`remove ${prefix}`),
    roundTrip: async (_, broker, topic) => void calls.push(`record through ${broker.host} on ${topic}`),
    ...own,
  };
}

describe("kafka-ready", () => {
  it("sends a record through every broker, on a topic that only this one has", async () => {
    const door = fakeDoor();
    const result = await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), door);
    assert.deepEqual(result, { brokers: [1, 2, 3], controllerId: 1, clusterId: "c", tookMs: 0 });
    for (const id of [1, 2, 3]) {
      const sent = door.calls.filter((call) => call.startsWith(`record through broker-${id} `));
      assert.match(sent.join(), new RegExp(`^record through broker-${id} on swarmbench-ready-\\w+-${id}$`));
      assert.ok(door.calls.includes(`place on ${id}`));
    }
  });
  it("removes its topics when it is done, and only then", async () => {
    const door = fakeDoor();
    await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), door);
    assert.deepEqual(
      door.calls.map((call) => call.startsWith("remove")),
      [...Array(6).fill(false), true],
    );
    assert.equal(door.calls.at(-1), "remove swarmbench-ready-");
  });
  it("names the one broker that is not there, why, and where to look", async () => {
    const view: KafkaDoor["view"] = async (_, broker) => {
      if (broker.id === 2) throw new Error("connection refused");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2, 3] };
    };
    const context = fakeContext();
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 30 }, context, fakeDoor({ view })),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.match(error.message, /not ready: broker-2 did not come .*broker-2: connection refused/);
        assert.doesNotMatch(error.message, /broker-[13]/);
        assert.match(error.next, /docker service ps broker-2$/);
        return true;
      },
    );
    assert.ok(context.lines.length > 3 && context.lines.length < 12, `${context.lines.length} lines in 30 s`);
  });
  it("waits for a broker that the others do not know yet", async () => {
    let looks = 0;
    const view: KafkaDoor["view"] = async () => {
      looks += 1;
      return { clusterId: "c", controllerId: 1, brokers: looks > 6 ? [1, 2, 3] : [1, 3] };
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeDoor({ view }));
    assert.equal(looks, 9);
  });
  it("tries again only with the brokers that a record did not go through", async () => {
    const tries: number[] = [];
    const roundTrip: KafkaDoor["roundTrip"] = async (_, { id }) => {
      tries.push(id);
      if (id === 3 && tries.length < 5) throw new Error("not enough replicas");
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeDoor({ roundTrip }));
    assert.deepEqual(tries, [1, 2, 3, 3, 3]);
  });
  it("blames the credentials, not the service, where they are refused", async () => {
    const view = async () => Promise.reject(new Error("SASL SCRAM SHA512 authentication failed"));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 1 }, fakeContext(), fakeDoor({ view })),
      (error) => error instanceof Problem && /other passwords or certificates/.test(error.next),
    );
  });
  it("tells the cause, also where the last attempt was cut off by the time", async () => {
    let attempts = 0;
    const view = () => (++attempts > 9 ? new Promise<never>(() => {}) : Promise.reject(new Error("refused")));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 2 }, fakeContext(), fakeDoor({ view })),
      /broker-1: refused/,
    );
    assert.ok(attempts > 9);
  });
  it("tells brokers of one host apart by their ports", async () => {
    const brokers = [1, 2].map((id) => ({ id, host: "localhost", port: 9090 + id }));
    const view: KafkaDoor["view"] = async (_, { id }) => {
      if (id === 2) throw new Error("no");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2] };
    };
    await assert.rejects(
      waitUntilReady({ target: { ...plain, brokers }, timeoutSec: 1 }, fakeContext(), fakeDoor({ view })),
      /not ready: localhost:9092 did/,
    );
  });
});

describe("kafka-settled", () => {
  const settle = (
    input: { target: KafkaTarget; timeoutSec: number; expectBrokers?: number[] },
    own: Partial<KafkaDoor>,
  ) => waitUntilSettled(input, fakeContext(), lookOf(input, fakeDoor(own)));
  const partition = (isr: number[], leader = 1): PartitionView => ({
    topic: "t",
    partition: 0,
    leader,
    replicas: [1, 2],
    isr,
  });

  it("finds nothing amiss where every replica is in sync, in whatever order", () =>
    assert.equal(unsettled([partition([2, 1])]), undefined));
  it("counts what is under-replicated and what has no leader", () =>
    assert.equal(
      unsettled([partition([1]), partition([1, 2]), partition([], -1)]),
      "2 of 3 partitions are under-replicated, 1 of 3 have no leader",
    ));
  it("wants several calm looks in a row", async () => {
    let looks = 0;
    const partitions = async () => [partition(++looks > 3 && looks !== 7 ? [1, 2] : [1])];
    const target = { ...plain, brokers: plain.brokers.slice(0, 1) };
    await settle({ target, timeoutSec: 60 }, { partitions });
    assert.equal(looks, 6);
    looks = 4;
    await settle({ target, timeoutSec: 60 }, { partitions });
    assert.equal(looks, 10, "the look that found something starts the count again");
  });
  it("heeds what any single broker says", async () => {
    const partitions: KafkaDoor["partitions"] = async (_, { id }) => [partition(id === 3 ? [1] : [1, 2])];
    await assert.rejects(
      settle({ target: plain, timeoutSec: 5 }, { partitions }),
      /did not settle within 5 s: 1 of 1 partitions are under-replicated/,
    );
  });
  it("says which expected broker is not in the cluster", async () => {
    const view = async () => ({ clusterId: "c", controllerId: 1, brokers: [1, 3] });
    await assert.rejects(
      settle({ target: plain, timeoutSec: 5 }, { view }),
      /broker 2 is not in the cluster/,
    );
  });
  it("leaves alone a broker that is not expected", async () => {
    const view: KafkaDoor["view"] = async (_, { id }) => {
      if (id === 2) throw new Error("down");
      return { clusterId: "c", controllerId: 1, brokers: [1, 3] };
    };
    const result = await settle({ target: plain, timeoutSec: 5, expectBrokers: [1, 3] }, { view });
    assert.equal(result.partitions, 1);
  });
});

describe("kafka-settled by metrics", () => {
  const members = [1, 2].map((id) => ({
    name: `broker-${id}`,
    jolokiaUrl: `http://broker-${id}`,
    roles: ["broker" as const, "controller" as const],
  }));
  const well = { BrokerState: 3, UnderReplicatedPartitions: 0, OfflinePartitionsCount: 0 };
  const leads = { ...well, ActiveControllerCount: 1, ActiveBrokerCount: 2, GlobalPartitionCount: 7 };
  const follows = { ...well, ActiveControllerCount: 0, ActiveBrokerCount: 0, GlobalPartitionCount: 0 };
  /** The answers of the two members; one that is undefined does not answer. */
  const look = (...figures: (Record<string, number> | undefined)[]) => {
    const ask: AskMetrics = async (url, mbeans) => {
      const own = figures[Number(url.at(-1)) - 1];
      if (!own) throw new Error("connection refused");
      return mbeans.map((mbean) => own[mbean.split("name=")[1] ?? ""]);
    };
    return lookAtMetrics(members, ask);
  };

  it("finds nothing amiss in a whole cluster, and counts its partitions", async () =>
    assert.deepEqual(await look(follows, leads), { amiss: undefined, partitions: 7 }));
  for (const [what, figures, amiss] of [
    ["a member that does not answer", [leads, undefined], "broker-2: connection refused"],
    [
      "a broker that still starts",
      [leads, { ...follows, BrokerState: 1 }],
      "broker-2: it does not serve yet",
    ],
    [
      "a member without metrics yet",
      [leads, {}],
      "broker-2: it does not serve yet; broker-2: its controller does not run yet",
    ],
    [
      "replicas that are behind",
      [leads, { ...follows, UnderReplicatedPartitions: 4 }],
      "broker-2: 4 partitions are under-replicated",
    ],
    [
      "a broker that the active controller misses",
      [{ ...leads, ActiveBrokerCount: 1 }, follows],
      "broker-1: 1 of 2 brokers are in the cluster",
    ],
    [
      "partitions without a leader",
      [{ ...leads, OfflinePartitionsCount: 2 }, follows],
      "broker-1: 2 of 7 partitions have no leader",
    ],
    [
      "all that is amiss, each thing once",
      [{ ...leads, UnderReplicatedPartitions: 1 }, undefined],
      "broker-1: 1 partitions are under-replicated; broker-2: connection refused",
    ],
    ["a quorum without a leader", [follows, follows], "no controller leads"],
  ] as const)
    it(`finds ${what}`, async () => assert.equal((await look(...figures)).amiss, amiss));
});

describe("a Kafka client", () => {
  const security = {
    protocol: "SASL_SSL",
    mechanism: "SCRAM-SHA-512",
    username: "bench",
    password: "secret",
    ca: "-----BEGIN CERTIFICATE-----",
  } as const;

  it("is plain where the target is", () => {
    const config = clientConfig(plain);
    assert.deepEqual([config.brokers, config.ssl, config.sasl], [["broker-1:9092"], undefined, undefined]);
  });
  it("checks the brokers with the target's authority and logs in", () => {
    const config = clientConfig({ ...plain, security });
    assert.deepEqual(config.ssl, { ca: [security.ca] });
    assert.deepEqual(config.sasl, { mechanism: "scram-sha-512", username: "bench", password: "secret" });
  });
  it("does not log in where the protocol has no SASL", () =>
    assert.equal(clientConfig({ ...plain, security: { ...security, protocol: "SSL" } }).sasl, undefined));
  for (const [protocol, needs] of [
    ["SSL", ["ca"]],
    ["SASL_PLAINTEXT", ["mechanism", "username", "password"]],
    ["SASL_SSL", ["mechanism", "username", "password", "ca"]],
  ] as const)
    it(`of ${protocol} is refused without ${needs.join(", ")}`, () => {
      const parsed = kafkaTargetSchema.safeParse({ ...plain, security: { protocol } });
      assert.deepEqual(
        parsed.error?.issues.map(({ path }) => path.at(-1)),
        [...needs],
      );
    });
});

describe("the bench program", () => {
  const echo = job({
    input: z.strictObject({ secret: z.string() }),
    run: async ({ secret }) => ({ secret }),
  });
  const run = (name: string | undefined, input: string) => runJob(name, input, fakeContext(), { echo });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail("it succeeded"),
      (error) => explain(error),
    );

  it("hands a job its input and gives its result", async () =>
    assert.deepEqual(await run("echo", '{"secret":"s"}'), { secret: "s" }));
  for (const name of [undefined, "nosuch", "toString"])
    it(`knows no job ${name}, and says which there are`, async () => {
      const { code, message } = await failure(run(name, "{}"));
      assert.equal(code, EXIT.usage);
      assert.match(message, /no such job: .*there are echo$/);
    });
  it("quotes nothing of an input that is no JSON, which may be a secret", async () => {
    const { code, message } = await failure(run("echo", 'pass"word'));
    assert.equal(code, EXIT.usage);
    assert.doesNotMatch(message, /pass|word/);
  });
  it("says every mistake of an input by its path, without its value", async () => {
    const { code, message } = await failure(run("echo", '{"secret":4711,"more":1}'));
    assert.equal(code, EXIT.usage);
    assert.match(message, /secret: .*input: .*more/);
    assert.doesNotMatch(message, /4711/);
  });
  it("ends a problem with the next thing to do, on one line", () => {
    const { code, message } = explain(new Problem("it\nbroke", "Mend it"));
    assert.deepEqual([code, message], [EXIT.failed, "error: it broke. Mend it"]);
  });
  it("shows where a mistake of its own is", () => {
    const { code, message } = explain(new TypeError("x is not a function"));
    assert.equal(code, EXIT.bug);
    assert.match(message, /benchJobs\.test/);
  });
});
