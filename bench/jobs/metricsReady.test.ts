import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, it } from "node:test";
import { SwarmbenchError } from "../../contract/errors.ts";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { metricsReady, type TagValues, waitForMetrics } from "./metricsReady.ts";

const input = {
  influx: { url: "http://influxdb:8086", org: "lab", bucket: "runs", token: "read-token" },
  series: [
    { measurement: "system", tag: "host", values: ["node1", "node2"] },
    { measurement: "kafka_heap", tag: "broker", values: ["broker-1"] },
  ],
  timeoutSec: 30,
};
const allSend: TagValues = async ({ values }) => values;

/** Returns the error of a promise that must reject. */
async function errorOf(promise: Promise<unknown>): Promise<SwarmbenchError> {
  const error = await promise.then(
    () => assert.fail("it succeeded"),
    (reason) => reason,
  );
  assert.ok(error instanceof SwarmbenchError && error.code === "service-failed", String(error));
  return error;
}

describe("the wait for metrics", () => {
  it("ends at once if every sender sends, and counts the senders", async () => {
    assert.deepEqual(await waitForMetrics(input, fakeContext(), allSend), { series: 3 });
  });

  it("ignores additional senders", async () => {
    const result = waitForMetrics(input, fakeContext(), async ({ values }) => [...values, "node9"]);
    assert.equal((await result).series, 3);
  });

  it("continues until the last sender sends", async () => {
    const context = fakeContext();
    const late: TagValues = async ({ values }) =>
      values.filter((value) => value !== "node2" || context.clock.now() >= 5_000);
    await waitForMetrics(input, context, late);
    assert.equal(context.clock.now(), 5_000);
  });

  it("shows the missing senders while it waits", async () => {
    const context = fakeContext();
    await waitForMetrics(input, context, async ({ values }) => (context.clock.now() < 8_000 ? [] : values));
    assert.ok(context.lines.length > 0);
    assert.match(context.lines[0] ?? "", /^waiting for samples of system \(none with host node1, node2\)$/);
  });

  it("ends with the missing sender and where to look", async () => {
    const incomplete: TagValues = async ({ values }) => values.filter((value) => value !== "node2");
    const { message, hint } = await errorOf(waitForMetrics(input, fakeContext(), incomplete));
    assert.equal(message, "timed out after 30 s waiting for samples of system: none with host node2");
    assert.match(hint ?? "", /docker service logs telegraf/);
  });

  it("has one timeout for all series together", async () => {
    const context = fakeContext();
    const slow: TagValues = async ({ measurement, values }) =>
      measurement === "system" && context.clock.now() >= 20_000 ? values : [];
    await errorOf(waitForMetrics(input, context, slow));
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
  /** Runs the job against an InfluxDB with these answers. */
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

  it("queries samples since its own start, so that none belongs to an earlier task", async () => {
    const before = Date.now();
    await run(all);
    const after = Date.now();
    for (const { query } of calls) {
      const [, start = ""] = /\|> range\(start: time\(v: "(\S+Z)"\)\)/.exec(query) ?? [];
      assert.ok(before <= Date.parse(start) && Date.parse(start) <= after, query);
    }
  });

  it("repeats the query with the same start time, however long it waits", async () => {
    await errorOf(run(() => csv()));
    assert.ok(calls.length > 2);
    assert.equal(new Set(calls.map(({ query }) => query)).size, 1);
  });

  it("queries each series once, with the token", async () => {
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

  it("escapes names in the query", async () => {
    const series = [{ measurement: 'a" or true', tag: "host", values: ["x"] }];
    await run(() => csv("x"), { series });
    assert.match(calls[0]?.query ?? "", /r\._measurement == "a\\" or true"/);
  });

  it("waits for an InfluxDB that answers with an error, and ends with that error", async () => {
    const { message } = await errorOf(run(() => [503, '{"code":"unavailable","message":"shutting down"}']));
    assert.match(message, /^timed out after 30 s waiting for samples of system: .*shutting down/);
  });

  it("accepts a timeout with a fraction of a second", () => {
    assert.equal(metricsReady.input.safeParse({ ...input, timeoutSec: 121.5 }).success, true);
  });

  for (const [what, own] of [
    ["no series", { series: [] }],
    ["a series without senders", { series: [{ measurement: "system", tag: "host", values: [] }] }],
    ["no timeout", { timeoutSec: 0 }],
  ] as const) {
    it(`rejects an input with ${what}`, () => {
      assert.equal(metricsReady.input.safeParse({ ...input, ...own }).success, false);
    });
  }
});
