import assert from "node:assert/strict";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { eventually } from "../../test/support/eventually.ts";
import { FakeKafka } from "../../test/support/fakeKafkaClient.ts";
import { samplePrepare } from "../../test/support/samplePrepare.ts";
import { Exchange } from "../exchange/exchange.ts";
import { accountStep } from "../measure/account.ts";
import { openWallClock } from "../wallClock.ts";
import { Agent } from "./agent.ts";
import { AgentClient } from "./client.ts";
import { inBatches } from "./inBatches.ts";
import {
  type ConsumerTotals,
  type MemberChange,
  PROTOCOL_VERSION,
  type Prepare,
  type ProducerTotals,
} from "./protocol.ts";
import { Seconds } from "./seconds.ts";
import { serve } from "./server.ts";

const TOKEN = "0123456789abcdef".repeat(3);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("seconds", () => {
  it("are reported once and in order, empty ones too, one second after their end", () => {
    const seconds = new Seconds(10, () => ({ count: 0 }));
    seconds.at(10_200_000).count += 1;
    seconds.at(12_999_999).count += 5;
    assert.deepEqual(seconds.settled(11_999_999), []);
    assert.deepEqual(seconds.settled(14_000_000), [
      { at: 10, entry: { count: 1 } },
      { at: 11, entry: { count: 0 } },
      { at: 12, entry: { count: 5 } },
    ]);
    seconds.at(10_000_000).count += 1; // too late for its own second
    assert.deepEqual(seconds.settled(15_000_000), [{ at: 13, entry: { count: 1 } }]);
  });
});

describe("work in batches", () => {
  it("respects the concurrency limit, keeps the order, and ends at the first failure", async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      if (item === 7) throw new Error("seven");
      return item * 2;
    };
    assert.deepEqual(await inBatches([1, 2, 3, 4, 5], 2, work), [2, 4, 6, 8, 10]);
    assert.equal(most, 2);
    await assert.rejects(inBatches([5, 6, 7, 8, 9, 10], 2, work), /seven/);
    assert.equal(running, 0);
  });
});

describe("agents over HTTP", () => {
  const kafka = new FakeKafka();
  const servers: Server[] = [];
  const agents: Agent[] = [];
  let producers: AgentClient;
  let consumers: AgentClient;

  async function open(
    role: "producer" | "consumer",
    orphanedAfterMs?: number,
    own = openWallClock(),
  ): Promise<AgentClient> {
    const identity = { role, task: `${role}s.1`, node: "node3", faults: [] };
    const exchange = await Exchange.open(own, 0, TOKEN);
    const agent = new Agent(identity, own, async () => kafka.adapter, exchange, { orphanedAfterMs });
    const server = await serve(agent, 0, TOKEN);
    servers.push(server);
    agents.push(agent);
    return new AgentClient(`127.0.0.1:${(server.address() as AddressInfo).port}`, role, TOKEN);
  }
  before(async () => {
    producers = await open("producer");
    consumers = await open("consumer");
  });
  after(async () => {
    await Promise.all(agents.map((agent) => agent.close()));
    for (const server of servers) server.close();
    assert.equal(kafka.open, 0, "every client is closed");
  });
  afterEach(() => {
    kafka.copies = 1;
    kafka.failure = undefined;
    kafka.release();
  });

  const order = (step: number, workload: object = {}, run = "r1"): Prepare =>
    samplePrepare(
      { run, step },
      { producers: 5, rate: 100, ...workload },
      { share: { first: 0, count: 5 }, sameNode: [1] },
    );
  const clock = openWallClock();

  /** A whole step of 0.3 s with a window of the last 0.2 s. */
  async function runStep(
    step: number,
    workload: object = {},
    meanwhile = async () => {},
    changes: Partial<Prepare> = {},
  ) {
    const id = { run: "r1", step };
    const { exchangePort } = await producers.hello();
    const peers = [{ name: "producers.1", host: "127.0.0.1", port: exchangePort }];
    const { topics = 1 } = workload as { topics?: number };
    await consumers.prepare({ ...order(step, workload), share: { first: 0, count: topics }, peers });
    await producers.prepare({ ...order(step, workload), ...changes });
    // One second ahead, because on a busy machine the requests below take long, and the window must not have begun.
    const atUs = clock.nowUs() + 1_000_000;
    await producers.start({ ...id, atUs });
    const window = { ...id, fromUs: atUs + 100_000, toUs: atUs + 300_000 };
    await consumers.window(window);
    await producers.window(window);
    await meanwhile();
    await eventually(async () => {
      const report = await producers.report(id, 0);
      assert.ok(report.role === "producer" && report.idle);
    });
    const produced = (await producers.collect({ ...id, timeoutMs: 1_000 })) as ProducerTotals;
    const consumed = (await consumers.collect({ ...id, timeoutMs: 0 })) as ConsumerTotals;
    return { ...accountStep([produced], [consumed]), produced, consumed };
  }

  it("look at their machine's date before each step, because it may have been set", async () => {
    let looks = 0;
    const own = openWallClock();
    const counting = {
      ...own,
      resync: () => {
        looks += 1;
        return own.resync();
      },
    };
    const agent = await open("producer", undefined, counting);
    for (const step of [1, 2]) {
      const looked = looks;
      await agent.prepare(order(step));
      assert.ok(looks > looked, `step ${step}`);
    }
  });

  it("run a step: the offered messages match the schedule, and all are delivered", async () => {
    const { offered, sent, acked, delivered, lost, duplicated, reordered, latency, lag } = await runStep(1);
    assert.deepEqual(
      { offered, sent, acked, delivered },
      { offered: 100, sent: 100, acked: 100, delivered: 100 },
    );
    assert.deepEqual(
      [lost, duplicated, reordered, latency.count, lag.count, latency.negative],
      [0, 0, 0, 100, 100, 0],
    );
  });

  it("time some messages twice: on delivery, and by the task that sent them", async () => {
    const { produced, consumed } = await runStep(6);
    const count = (text: string) => {
      const histogram = new LatencyHistogram();
      histogram.addEncoded(text);
      return histogram.count;
    };
    const [same] = consumed.sameNode;
    const own = count(produced.sameNode ?? "");
    assert.ok(own >= 30 && own <= 36, `${own} of 100, of one of 3 partitions`);
    assert.deepEqual([same?.source, count(same?.latency ?? "")], [0, own]);
  });

  it("divide producers among several topics, each of which has groups of its own", async () => {
    const topics = 3;
    const { delivered, lost, duplicated, consumed, produced } = await runStep(20, {
      topics,
      partitions: 3,
      groups: 2,
    });
    assert.deepEqual([delivered, lost, duplicated], [100, 0, 0]);
    const groups = (topic: number) => ["r1-20-g1", "r1-20-g2"].map((name) => `${name}-t${topic}`);
    const own = kafka.topics();
    assert.deepEqual([own["t-1"], own["t-2"]], [[...groups(1), "r1-20-own-0"], groups(2)]);
    assert.deepEqual(Object.keys(consumed.groups), ["r1-20-g1", "r1-20-g2"]);
    const partitions = consumed.positions["r1-20-g1"]?.map(({ partition }) => partition) ?? [];
    assert.deepEqual(
      partitions.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    );
    assert.ok(produced.sameNode !== null);
  });

  it("let a consumer of each group leave it, and another one join, and count every message once", async () => {
    const id = { run: "r1", step: 22 };
    const member = (consumer: number, change: MemberChange) => consumers.member({ ...id, consumer, change });
    const { delivered, lost, duplicated } = await runStep(22, { groups: 2 }, async () => {
      const opened = kafka.open;
      const { fromMs, toMs } = await member(0, "leave");
      assert.ok(fromMs <= toMs && Math.abs(toMs - clock.nowUs() / 1_000) < 60_000);
      assert.equal(kafka.open, opened - 2);
      await member(0, "leave");
      assert.equal(kafka.open, opened - 2);
      await member(0, "join");
      await member(0, "join");
      assert.equal(kafka.open, opened);
      await member(0, "kill");
      assert.equal(kafka.open, opened - 2);
      await member(0, "join");
      await assert.rejects(member(1, "leave"), /consumer 2 is not in this task's share/);
      await assert.rejects(
        producers.member({ ...id, consumer: 0, change: "kill" }),
        /producers are in no group/,
      );
    });
    assert.deepEqual([delivered, lost, duplicated], [100, 0, 0]);
  });

  it("record when each partition acknowledged nothing, if they are asked to", async () => {
    const { produced } = await runStep(21, { topics: 2, partitions: 3 }, async () => {}, { ackGaps: true });
    const gaps = produced.ackGaps ?? [];
    const partitions = gaps.map(({ partition }) => partition).sort((a, b) => a - b);
    assert.deepEqual(partitions, [0, 1, 2, 3, 4, 5]);
    for (const { latestMs, gaps: own } of gaps) {
      assert.ok(own.length > 0 && own.every(([from, to, acked]) => from <= to && to <= acked));
      assert.ok(own.every(([, to]) => to <= latestMs));
    }
    assert.equal((await runStep(22)).produced.ackGaps, undefined);
  });

  it("compare their clocks during the step", async () => {
    const [findings] = (await runStep(7)).consumed.clocks;
    assert.ok(
      findings && findings.peer === "producers.1" && findings.answered > 20,
      JSON.stringify(findings),
    );
    assert.ok((findings.minRttUs ?? 0) > 0 && findings.cells.length > 0);
  });

  it("run the next step with new sequences, and count repeated deliveries", async () => {
    kafka.copies = 2;
    const { delivered, duplicated, lost } = await runStep(2);
    assert.deepEqual({ delivered, duplicated, lost }, { delivered: 100, duplicated: 100, lost: 0 });
  });

  it("do not let a blocked producer hold up others, and include its waiting in its latency", async () => {
    kafka.blocked = (clientId) => clientId.endsWith("-p3");
    const account = await runStep(3, { maxOutstanding: 1 }, async () => {
      const others = async () => {
        const report = await consumers.report({ run: "r1", step: 3 }, 0);
        assert.ok(report.role === "consumer" && (report.delivered["r1-3-g1"] ?? 0) >= 120);
      };
      await eventually(others); // all messages of the 4 other producers in 0.3 s
      kafka.release();
    });
    assert.deepEqual([account.delivered, account.lost], [100, 0]);
    assert.equal(account.slowestProducer?.producer, 3);
  });

  it("report how often consumers joined their groups again", async () => {
    await runStep(10, {}, async () => {
      kafka.joins += 2;
      const rejoined = async () => {
        const report = await consumers.report({ run: "r1", step: 10 }, 0);
        assert.ok(report.role === "consumer");
        assert.equal(
          report.seconds.reduce((sum, { rejoins }) => sum + rejoins, 0),
          2,
        );
      };
      await eventually(rejoined);
    });
  });

  it("count errors by kind, and do not count unacknowledged messages as lost", async () => {
    kafka.failure = Object.assign(new Error("no"), { type: "NOT_ENOUGH_REPLICAS" });
    const { errors, lost, delivered, acked } = await runStep(4);
    assert.deepEqual(
      { errors, lost, delivered, acked },
      { errors: { NOT_ENOUGH_REPLICAS: 100 }, lost: 0, delivered: 0, acked: 0 },
    );
  });

  it("distinguish messages that timed out at the client but are in the log from acknowledged ones", async () => {
    kafka.failure = Object.assign(new Error("no"), { type: "REQUEST_TIMED_OUT" });
    kafka.keepsFailed = true;
    const { errors, lost, pending, delivered, acked } = await runStep(9);
    kafka.keepsFailed = false;
    assert.deepEqual(
      { errors, lost, pending, delivered, acked },
      { errors: { REQUEST_TIMED_OUT: 100 }, lost: 0, pending: 0, delivered: 100, acked: 0 },
    );
  });

  it("continue where they were when consumers join their group again, or count what they reread", async () => {
    const rejoined = await runStep(10, {}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_250));
      kafka.rejoin(false);
    });
    assert.deepEqual([rejoined.delivered, rejoined.reread, rejoined.duplicated], [100, 0, 0]);
    const reread = await runStep(11, {}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      kafka.rejoin(true);
    });
    assert.deepEqual([reread.delivered, reread.duplicated, reread.latency.count], [100, 0, 100]);
    assert.equal(reread.repeats.count, reread.reread);
    assert.ok(reread.reread > 0);
  });

  it("report who they are and which run they work on", async () => {
    await producers.prepare(order(5));
    const { role, task, node, run, protocol } = await producers.hello();
    assert.deepEqual(
      { role, task, node, run, protocol },
      { role: "producer", task: "producers.1", node: "node3", run: "r1", protocol: PROTOCOL_VERSION },
    );
  });

  it("reject another run while they are busy, and name their run", async () => {
    await assert.rejects(producers.prepare(order(1, {}, "r2")), /the agent is busy with run r1/);
  });

  it("reject requests for another step", async () => {
    await assert.rejects(producers.report({ run: "r1", step: 99 }, 0), /the agent is at step 5 of run r1/);
    await assert.rejects(
      producers.window({ run: "r1", step: 5, fromUs: clock.nowUs(), toUs: clock.nowUs() + 1 }),
      /has not been started/,
    );
  });

  it("reject a start that is far from now", async () => {
    for (const atUs of [0, clock.nowUs() - 3_600e6, clock.nowUs() + 3_600e6]) {
      await assert.rejects(
        producers.start({ run: "r1", step: 5, atUs }),
        /400: start: -?\d+ s from the agent/,
      );
    }
  });

  it("answer with the earliest possible window if one has begun, and take a later one", async () => {
    const id = { run: "r1", step: 5 };
    await producers.start({ ...id, atUs: clock.nowUs() });
    await eventually(async () => {
      const report = await producers.report(id, 0);
      assert.ok(report.role === "producer" && report.totals.offered > 0);
    });
    const fromUs = clock.nowUs() - 1e6;
    const earliestUs = await producers.window({ ...id, fromUs, toUs: fromUs + 3e6 });
    assert.ok(earliestUs !== null && earliestUs > fromUs && earliestUs <= clock.nowUs() + 1, `${earliestUs}`);
    const later = Math.floor(clock.nowUs()) + 2e6;
    assert.equal(await producers.window({ ...id, fromUs: later, toUs: later + 1e6 }), null);
    assert.equal(await producers.window({ ...id, fromUs: later + 1e5, toUs: later + 1.1e6 }), null);
    await producers.collect({ ...id, timeoutMs: 0 });
  });

  for (const [name, workload, count] of [
    ["one message in ten seconds", { rate: 0.1 }, 1],
    ["bursts of 100 at a rate of 10", { rate: 10, arrival: { burst: { size: 100 } } }, 100],
  ] as const) {
    it(`take a window that begins before the next message: ${name}`, async () => {
      const id = { run: "r1", step: 8 };
      await producers.prepare({ ...order(8, { producers: 1, ...workload }), share: { first: 0, count: 1 } });
      const atUs = clock.nowUs();
      await producers.start({ ...id, atUs });
      // Every window of ten seconds has one message or burst, and the agent gets it in the middle of the pause.
      assert.equal(await producers.window({ ...id, fromUs: atUs + 20e6, toUs: atUs + 30e6 }), null);
      const totals = (await producers.collect({ ...id, timeoutMs: 0 })) as ProducerTotals;
      const [producer] = totals.producers;
      assert.deepEqual(
        [(producer?.window.to ?? 0) - (producer?.window.from ?? 0), producer?.sent, producer?.unsent],
        [count, 0, count],
      );
    });
  }

  it("report every error of a request, without its values", async () => {
    const wrong = { ...order(6), topic: 5, seed: "hidden" } as unknown as Prepare;
    await assert.rejects(producers.prepare(wrong), (error: Error) => {
      assert.match(error.message, /topic: .*; seed: |seed: .*; topic: /);
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
  });

  it("take Kafka's password from their own secret, and never return it", async () => {
    const seen: (string | undefined)[] = [];
    const own = openWallClock();
    const identity = { role: "consumer" as const, task: "consumers.1", node: "node3", faults: [] };
    const adapter = {
      ...kafka.adapter,
      connectConsumer: (...args: Parameters<typeof kafka.adapter.connectConsumer>) => {
        seen.push(args[0].security.password);
        return kafka.adapter.connectConsumer(...args);
      },
    };
    const security = {
      protocol: "SASL_PLAINTEXT" as const,
      mechanism: "SCRAM-SHA-512" as const,
      username: "bench",
    };
    for (const kafkaPassword of ["from the secret", undefined]) {
      const exchange = await Exchange.open(own, 0, TOKEN);
      const agent = new Agent(identity, own, async () => adapter, exchange, {
        kafkaSecrets: { password: kafkaPassword },
      });
      const request = { ...order(1), share: { first: 0, count: 1 }, kafka: { ...order(1).kafka, security } };
      const prepared = agent.prepare(request);
      if (kafkaPassword === undefined) await assert.rejects(prepared, /no password for these brokers/);
      else await prepared;
      assert.doesNotMatch(JSON.stringify(agent.hello()), /from the secret/);
      await agent.close();
    }
    assert.deepEqual(seen, ["from the secret"]);
  });

  it("accept no password in a request", async () => {
    const secret = { ...order(6).kafka, security: { protocol: "PLAINTEXT", password: "hidden" } };
    const request = { ...order(6), kafka: secret } as unknown as Prepare;
    await assert.rejects(producers.prepare(request), /400: kafka\.security: no such setting: password/);
  });

  it("are free again after the orphan timeout", async () => {
    const orphan = await open("producer", 100);
    await orphan.prepare(order(1));
    await eventually(async () => assert.equal((await orphan.hello()).run, null));
  });
});
