// What a calibration needs from the benchmark: proxy routes, the null client, faults. Each is off unless it is asked for.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { readFault, Skipper } from "../../bench/agent/fault.ts";
import type { ConsumerTotals, ProducerTotals } from "../../bench/agent/protocol.ts";
import { adapterOf, checkedAdapter } from "../../bench/clients/index.ts";
import { nullAdapter } from "../../bench/clients/null.ts";
import type { ReceiveBatch } from "../../bench/clients/port.ts";
import { throughProxies } from "../../bench/clients/proxyRoute.ts";
import { realClock } from "../../bench/clock.ts";
import { setUpProxies } from "../../bench/jobs/calibrateProxy.ts";
import { runMark, writeStamp } from "../../bench/load/message.ts";
import { accountStep } from "../../bench/measure/account.ts";
import { Bitmap } from "../../bench/measure/bitmap.ts";
import { generatorAccount, reachesBroker } from "../../bench/run/brokerless.ts";
import { faultReasons, faultWarnings, skippedOnPurpose } from "../../bench/run/faults.ts";
import type { Fleet } from "../../bench/run/fleet.ts";
import { benchmarkErrors } from "../../contract/benchmarkErrors.ts";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { buildResults } from "../../results/build.ts";
import { FakeKafka } from "../../test/support/fakeKafkaClient.ts";
import { sampleEvents } from "../../test/support/sampleRun.ts";

describe("a proxy route", () => {
  const proxyRoute = { "broker-1:9092": "10.0.1.9:20000" };
  const broker = { host: "broker-1", port: 9092 };

  it("leads to the proxy, and to the broker without a proxy", () => {
    assert.deepEqual(throughProxies(broker, proxyRoute), { host: "10.0.1.9", port: 20_000 });
    assert.deepEqual(throughProxies(broker, undefined), broker);
  });

  it("without a broker is an error, and does not bypass the proxy", () => {
    assert.throws(
      () => throughProxies({ host: "broker-2", port: 9092 }, proxyRoute),
      /no proxy route to broker-2:9092, only to broker-1/,
    );
  });

  it("is refused unless it consists of two addresses", () => {
    const target = {
      bootstrap: ["b:1"],
      brokers: [{ id: 1, host: "b", port: 1 }],
      security: { protocol: "PLAINTEXT" },
    };
    assert.ok(kafkaTargetSchema.safeParse({ ...target, proxyRoute }).success);
    assert.ok(!kafkaTargetSchema.safeParse({ ...target, proxyRoute: { "broker-1": "10.0.1.9:1" } }).success);
  });

  it("is refused by a client that would bypass it", async () => {
    const client = checkedAdapter({ ...nullAdapter, name: "platformatic" });
    const target = {
      bootstrap: ["b:1"],
      brokers: [],
      security: { protocol: "PLAINTEXT" as const },
      proxyRoute,
    };
    const options = { topic: "t", acks: 1 as const, idempotent: false, compression: "none" as const };
    await assert.rejects(
      client.connectProducer(target, "p", options),
      /cannot connect through a proxy; set client: kafkajs/,
    );
  });
});

describe("the null client", () => {
  it("acknowledges each send at once, and has nothing to consume", async () => {
    const client = await adapterOf("null");
    const target = { bootstrap: ["b:1"], brokers: [], security: { protocol: "PLAINTEXT" as const } };
    const producer = await client.connectProducer(target, "p", {} as never);
    await producer.send([{ value: Buffer.from("x") }]);
    await producer.close();
    await assert.rejects(
      client.connectConsumer(target, "c", {} as never, Date.now, () => {}),
      /cannot consume/,
    );
  });

  it("is not accepted in a search for a knee, neither alone nor in a sweep", () => {
    const search = { variable: "producers" as const, from: 1, to: 9 };
    const nothing = workloadSchema.parse({ client: "null" });
    const error = /client null reaches no broker, so there is no knee/;
    assert.match(benchmarkErrors(nothing, benchmarkSchema.parse({ search })).join(), error);
    const sweep = { client: ["kafkajs", "null"] };
    const both = benchmarkErrors(workloadSchema.parse({}), benchmarkSchema.parse({ search, sweep }));
    assert.match(both.join(), error);
    assert.deepEqual(benchmarkErrors(nothing, benchmarkSchema.parse({})), []);
  });

  it("counts acknowledged messages as delivered, and has no latency", () => {
    const acked = new Bitmap();
    for (let sequence = 0; sequence < 8; sequence += 1) acked.set(sequence);
    const empty = new LatencyHistogram().encode();
    const produced: ProducerTotals = {
      role: "producer",
      errors: {},
      ack: empty,
      lag: empty,
      sameNode: null,
      clocks: [],
      producers: [
        {
          producer: 0,
          window: { from: 0, to: 10 },
          sent: 8,
          late: 0,
          unsent: 2,
          acked: acked.encode(),
          sentTo: 0,
          failed: new Bitmap().encode(),
        },
      ],
    };
    const { offered, delivered, lost, latency } = generatorAccount(accountStep([produced], []));
    assert.deepEqual([offered, delivered, lost, latency.count], [10, 8, 0, 0]);
    assert.deepEqual(
      [reachesBroker({ client: "null" }), reachesBroker({ client: "kafkajs" })],
      [false, true],
    );
  });

  it("is named in the warnings of its run", () => {
    const events = sampleEvents().map((event) =>
      event.event === "step" ? { ...event, result: { ...event.result, client: "null" } } : event,
    );
    assert.match(
      buildResults(events).warnings[0] ?? "",
      /step 1: no broker took part: .* the generator alone/,
    );
  });
});

describe("a fault of an agent", () => {
  const message = (sequence: number, more: { run?: string; producer?: number } = {}) => {
    const value = Buffer.alloc(40);
    const { run = "r1", producer = 0 } = more;
    writeStamp(value, {
      run: runMark(run),
      step: 1,
      producer,
      sequence,
      intendedUs: sequence * 10,
      sentUs: 0,
    });
    return value;
  };

  it("is off by default, and is refused when it is invalid", () => {
    assert.equal(readFault("consumer", undefined), undefined);
    assert.deepEqual(readFault("consumer", "skip:100"), { text: "skip:100", every: 100 });
    for (const text of ["skip:0", "skip", "drop:5"]) {
      assert.throws(() => readFault("consumer", text), /expected skip:N/);
    }
    assert.throws(() => readFault("producer", "skip:5"), /only consumers/);
  });

  it("skips every N-th message of a producer, counts each once, and ignores other runs", async () => {
    const kafka = new FakeKafka();
    kafka.copies = 2;
    const skipper = new Skipper(5, { run: runMark("r1"), step: 1 });
    const received: number[] = [];
    const receive: ReceiveBatch = ({ values }) => {
      received.push(...values.map((value) => value.readUInt32BE(12)));
    };
    await skipper
      .wrap(kafka.adapter)
      .connectConsumer({} as never, "c", { group: "g" } as never, Date.now, receive);
    const producer = await kafka.adapter.connectProducer({} as never, "p", {} as never);
    await producer.send([...Array(10).keys()].map((sequence) => ({ value: message(sequence) })));
    await producer.send([{ value: message(4, { run: "other" }) }]);
    assert.deepEqual(received, [0, 1, 2, 3, 5, 6, 7, 8, 0, 1, 2, 3, 5, 6, 7, 8, 4, 4]);
    assert.equal(skipper.countIn({ fromUs: 0, toUs: 1_000 }), 2);
    assert.equal(skipper.countIn({ fromUs: 41, toUs: 91 }), 1);
  });

  it("is in the warnings of the run and the reasons of the step, with its count", () => {
    const fleet = {
      producers: [],
      consumers: [
        { task: "consumers.1", node: "node3", hello: { faults: ["SWARMBENCH_FAULT=skip:5"] } },
        { hello: { faults: [] } },
      ],
    } as unknown as Fleet;
    assert.deepEqual(faultWarnings(fleet), [
      "consumers.1 on node3 has an injected fault (SWARMBENCH_FAULT=skip:5): this is not a measurement",
    ]);
    const consumed = [{ skipped: 3 }, { skipped: 4 }, {}] as ConsumerTotals[];
    assert.equal(skippedOnPurpose(consumed), 7);
    assert.match(faultReasons(consumed).join(), /skipped 7 messages on purpose/);
    assert.deepEqual([skippedOnPurpose([]), faultReasons([])], [undefined, []]);
  });
});

describe("the job that configures the proxy", () => {
  it("creates missing listeners, updates existing ones, and adds latency only on the way to the broker", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (data) => {
        body += data;
      });
      request.on("end", () => {
        asked.push(`${request.method} ${request.url} ${body}`);
        const there = request.method === "POST" && request.url?.endsWith("/toxics");
        response
          .writeHead(there ? 409 : 200)
          .end(JSON.stringify(there ? { error: "toxic already exists" } : {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = { listen: "0.0.0.0:1", upstream: "b:9092" };
    const proxies = [
      { ...proxy, name: "a-0", enabled: true, latencyMs: 20 },
      { ...proxy, name: "b-0", enabled: false, latencyMs: 0 },
    ];
    const context = { clock: realClock, signal: new AbortController().signal, progress: () => {} };
    await setUpProxies({ api, proxies }, context);
    server.close();
    assert.deepEqual(
      asked.map((line) => line.split(" ").slice(0, 2).join(" ")),
      [
        ...["GET /proxies", "POST /populate", "POST /proxies/a-0", "POST /proxies/a-0/toxics"],
        ...["POST /proxies/a-0/toxics/latency", "POST /proxies/b-0"],
      ],
    );
    assert.match(asked[3] ?? "", /"stream":"upstream","attributes":\{"latency":20,"jitter":0\}/);
    assert.match(asked[5] ?? "", /"enabled":false/);
  });
});
