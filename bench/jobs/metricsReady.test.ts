import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, it } from "node:test";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { Problem } from "../problem.ts";
import { metricsReady, type TagValues, waitForMetrics } from "./metricsReady.ts";

const input = {
  influx: { url: "http://influxdb:8086", org: "lab", bucket: "runs", token: "read-token" },
  series: [
    { measurement: "system", tag: "host", values: ["node1", "node2"] },
    { measurement: "kafka_heap", tag: "broker", values: ["broker-1"] },
  ],
  timeoutSec: 30,
};
const everyone: TagValues = async ({ values }) => values;

/** Rejects with a problem, and gives it. */
async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => assert.fail("it succeeded"),
    (reason) => reason,
  );
  assert.ok(error instanceof Problem, String(error));
  return error;
}

describe("the wait for metrics", () => {
  it("is over at once where everyone sends them, and counts the senders", async () => {
    assert.deepEqual(await waitForMetrics(input, fakeContext(), everyone), { series: 3 });
  });

  it("does not mind others that send too", async () => {
    const result = waitForMetrics(input, fakeContext(), async ({ values }) => [...values, "node9"]);
    assert.equal((await result).series, 3);
  });

  it("goes on until the last one sends", async () => {
    const context = fakeContext();
    const late: TagValues = async ({ values }) =>
      values.filter((value) => value !== "node2" || context.clock.now() >= 5_000);
    await waitForMetrics(input, context, late);
    assert.equal(context.clock.now(), 5_000);
  });

  it("shows who is lacking while it goes on", async () => {
    const context = fakeContext();
    await waitForMetrics(input, context, async ({ values }) => (context.clock.now() < 8_000 ? [] : values));
    assert.ok(context.lines.length > 0);
    assert.match(context.lines[0] ?? "", /^waiting for samples of system \(none with host node1, node2\)$/);
  });

  it("ends with the one who is lacking, and with where to look", async () => {
    const lacking: TagValues = async ({ values }) => values.filter((value) => value !== "node2");
    const { message, next } = await problemOf(waitForMetrics(input, fakeContext(), lacking));
    assert.equal(message, "waited 30 s for samples of system, in vain: none with host node2");
    assert.match(next, /docker service logs telegraf/);
  });

  it("has one time for all series together", async () => {
    const context = fakeContext();
    const slow: TagValues = async ({ measurement, values }) =>
      measurement === "system" && context.clock.now() >= 20_000 ? values : [];
    await problemOf(waitForMetrics(input, context, slow));
    assert.ok(context.clock.now() <= 30_000, String(context.clock.now()));
  });
});

describe("metrics-ready", () => {
  interface Call {
    what: string;
    authorization: string | undefined;
    query: string;
  }
  let server: Server | undefined;
  let calls: Call[] = [];
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
    calls = [];
  });
  /** Runs the job against an InfluxDB that answers so. */
  async function run(
    answer: (call: Call) => [status: number, body: string],
    own: Partial<typeof input> = {},
  ) {
    server = createServer(async (request, response) => {
      const { authorization } = request.headers;
      const { query } = JSON.parse(await text(request));
      const call = { what: `${request.method} ${request.url}`, authorization, query };
      calls.push(call);
      const [status, body] = answer(call);
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const parsed = metricsReady.input.parse({ ...input, ...own, influx: { ...input.influx, url } });
    return metricsReady.run(parsed, fakeContext());
  }
  const csv = (...values: string[]): [number, string] => [
    200,
    [
      "#datatype,string,long,string",
      "#group,false,false,false",
      "#default,_result,,",
      ",result,table,_value",
      ...values.map((value) => `,,0,${value}`),
      "",
    ].join("\r\n"),
  ];
  const all = ({ query }: Call) => (query.includes("kafka_heap") ? csv("broker-1") : csv("node2", "node1"));

  it("reads the values of a tag from InfluxDB's answer", async () => {
    assert.deepEqual(await run(all), { series: 3 });
  });

  it("asks for samples from when it began, so that none is of a task before", async () => {
    const before = Date.now();
    await run(all);
    const after = Date.now();
    for (const { query } of calls) {
      const [, start = ""] = /\|> range\(start: time\(v: "(\S+Z)"\)\)/.exec(query) ?? [];
      assert.ok(before <= Date.parse(start) && Date.parse(start) <= after, query);
    }
  });

  it("asks for the same time again and again, however long it waits", async () => {
    await problemOf(run(() => csv()));
    assert.ok(calls.length > 2);
    assert.equal(new Set(calls.map(({ query }) => query)).size, 1);
  });

  it("asks for a measurement, each series once, with the token", async () => {
    await run(all);
    const asked = { what: "POST /api/v2/query?org=lab", authorization: "Token read-token" };
    assert.deepEqual(
      calls.map(({ query: _, ...rest }) => rest),
      [asked, asked],
    );
    const [{ query } = assert.fail()] = calls;
    assert.match(query, /from\(bucket: "runs"\)/);
    assert.match(query, /r\._measurement == "system" and exists r\["host"\]/);
    assert.match(query, /distinct\(column: "host"\)/);
  });

  it("lets no name break out of the query", async () => {
    const series = [{ measurement: 'a" or true', tag: "host", values: ["x"] }];
    await run(() => csv("x"), { series });
    assert.match(calls[0]?.query ?? "", /r\._measurement == "a\\" or true"/);
  });

  it("waits for an InfluxDB that answers with an error, and ends with what it said", async () => {
    const { message } = await problemOf(run(() => [503, '{"code":"unavailable","message":"shutting down"}']));
    assert.match(message, /^waited 30 s for samples of system, in vain: .*shutting down/);
  });

  it("takes a time with a fraction of a second", () => {
    assert.equal(metricsReady.input.safeParse({ ...input, timeoutSec: 121.5 }).success, true);
  });

  for (const [what, own] of [
    ["no series", { series: [] }],
    ["a series of nobody", { series: [{ measurement: "system", tag: "host", values: [] }] }],
    ["no time", { timeoutSec: 0 }],
  ] as const) {
    it(`refuses an input with ${what}: it would wait for nothing`, () => {
      assert.equal(metricsReady.input.safeParse({ ...input, ...own }).success, false);
    });
  }
});
