import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, it } from "node:test";
import { createGunzip } from "node:zlib";
import { MEASUREMENTS, type Measurement } from "../../contract/measurements.ts";
import { fakeRun } from "../../test/support/fakeRun.ts";
import type { Clock } from "../clock.ts";
import { pointOf } from "./points.ts";
import { PointWriter } from "./writer.ts";

const tags = { run: "r", scenario: "s", step: "1" };

describe("a point", () => {
  it("has its measurement's name, tags, types and time", () => {
    const point = pointOf(
      "step",
      { ...tags, variable: "producers", verdict: "ok" },
      { value: 5, producers: 5, meets_slo: true },
      1_000,
    );
    assert.equal(
      String(point),
      "bench_step,run=r,scenario=s,step=1,variable=producers,verdict=ok meets_slo=T,producers=5i,value=5 1000",
    );
  });
  it("has no field for a value that does not exist, rather than zero", () => {
    const point = pointOf(
      "latency",
      { ...tags, kind: "ack" },
      { p50: Number.NaN, max: Number.POSITIVE_INFINITY, count: 0 },
      1,
    );
    assert.equal(String(point), "bench_latency,kind=ack,run=r,scenario=s,step=1 count=0i 1");
  });
  it("is undefined without a field", () => assert.equal(pointOf("rate", tags, {}, 1), undefined));
  it("writes text as a string", () => {
    const point = pointOf(
      "run",
      { run: "r", scenario: "s", event: "end" },
      { text: 'knee "500", at last' },
      1,
    );
    assert.equal(String(point), 'bench_run,event=end,run=r,scenario=s text="knee \\"500\\", at last" 1');
  });
});

describe("the generated run", () => {
  const { points, startMs, endMs } = fakeRun({ endMs: 1_700_000_600_000 });
  const lines = points.map(String);

  it("writes every measurement with every field", () => {
    for (const { name, fields } of Object.values(MEASUREMENTS) as { name: string; fields: object }[]) {
      const own = lines.filter((line) => line.startsWith(`${name},`)).join(" ");
      for (const field of Object.keys(fields))
        assert.match(own, new RegExp(`[ ,]${field}=`), `${name}.${field}`);
    }
  });
  it("has its points between start and end, one for each second", () => {
    assert.equal(endMs - startMs, 600_000);
    const times = lines.map((line) => Number(line.split(" ").at(-1)));
    assert.ok(times.every((time) => time >= startMs && time <= endMs));
    const seconds = lines
      .filter((line) => line.startsWith("bench_rate,"))
      .map((line) => line.split(" ").at(-1));
    assert.equal(new Set(seconds).size, 600);
  });
  it("meets its SLO up to the knee and not after it", () => {
    const steps = lines.filter((line) => line.startsWith("bench_step,"));
    const meets = (line: string) => line.includes("meets_slo=T");
    const value = (line: string) => Number(/[ ,]value=(\d+)/.exec(line)?.[1]);
    assert.equal(Math.max(...steps.filter(meets).map(value)), 500);
    assert.equal(Math.min(...steps.filter((line) => !meets(line)).map(value)), 600);
  });
  it("is the same each time", () => assert.deepEqual(fakeRun({ endMs }).points.map(String), lines));
  it("uses only measurements of the contract", () => {
    const names = new Set(Object.values(MEASUREMENTS).map(({ name }) => name as string));
    const used = new Set(lines.map((line) => line.split(",")[0] ?? ""));
    assert.deepEqual(used, names);
  });
});

describe("the writer of points", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** An InfluxDB that only accepts writes. `answer` returns the status by the number of the request. */
  async function influx(answer: (request: number) => number) {
    const bodies: string[] = [];
    const pauses: number[] = [];
    let requests = 0;
    server = createServer(async (request, response) => {
      const gzipped = request.headers["content-encoding"] === "gzip";
      const body = await text(gzipped ? request.pipe(createGunzip()) : request);
      requests += 1;
      const status = answer(requests);
      if (status === 204) bodies.push(body);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 204 ? undefined : '{"code":"x","message":"no, thank you"}');
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const target = { url: `http://127.0.0.1:${port}`, org: "o", bucket: "b", token: "t" };
    const clock: Clock = { now: () => 0, sleep: async (ms) => void pauses.push(ms) };
    return { bodies, pauses, writer: new PointWriter(target, clock) };
  }
  const rate = (atMs: number) => pointOf("rate" satisfies Measurement, tags, { offered: 1 }, atMs);

  it("writes all points in batches, and waits for batches in flight", async () => {
    const { bodies, writer } = await influx(() => 204);
    for (let at = 0; at < 2_500; at += 1) writer.write(rate(at), undefined);
    assert.deepEqual(await writer.close(), { written: 2_500, lost: 0, lastError: undefined });
    assert.deepEqual(
      bodies.map((body) => body.split("\n").length),
      [1_000, 1_000, 500],
    );
    assert.equal(new Set(bodies.join("\n").split("\n")).size, 2_500);
  });
  it("retries after a temporary error, with growing pauses", async () => {
    const { writer, pauses } = await influx((request) => (request < 3 ? 503 : 204));
    writer.write(rate(1));
    const { written, lost } = await writer.close();
    assert.deepEqual({ written, lost, pauses }, { written: 1, lost: 0, pauses: [500, 1_000] });
  });
  it("counts rejected points and reports the error, without failing or retrying", async () => {
    const { writer, pauses } = await influx(() => 401);
    writer.write(rate(1), rate(2));
    const { written, lost, lastError } = await writer.close();
    assert.deepEqual({ written, lost, pauses }, { written: 0, lost: 2, pauses: [] });
    assert.match(lastError?.message ?? "", /no, thank you/);
  });
  it("counts points as lost after three retries without a server", async () => {
    const { writer, pauses } = await influx(() => 204);
    await new Promise((resolve) => server?.close(resolve));
    writer.write(rate(1));
    const { lost, lastError } = await writer.close();
    assert.deepEqual({ lost, retries: pauses.length }, { lost: 1, retries: 3 });
    assert.match(lastError?.message ?? "", /ECONNREFUSED/);
  });
  it("keeps the newest 50,000 while InfluxDB does not answer, and counts the others as lost", async () => {
    const { bodies, writer } = await influx(() => 204);
    writer.write(...Array.from({ length: 50_010 }, (_, at) => rate(at)));
    assert.deepEqual(await writer.close(), { written: 50_000, lost: 10, lastError: undefined });
    assert.match(bodies[0]?.split("\n")[0] ?? "", / 10$/);
  });
});
