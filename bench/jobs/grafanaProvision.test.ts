import assert from "node:assert/strict";
import { createServer } from "node:net";
import { afterEach, describe, it } from "node:test";
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { type Answer, type Call, type FakeApi, fakeApi } from "../../test/support/fakeApi.ts";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { ask, basic } from "../http.ts";
import { grafanaProvision, provision } from "./grafanaProvision.ts";

let grafana: FakeApi | undefined;
afterEach(async () => {
  await grafana?.close();
  grafana = undefined;
});

type Own = (call: Call, calls: Call[]) => Answer | undefined;

/** A Grafana with this password and two dashboards; a test overrides some answers. */
async function run(
  password: { current: string; previous?: string },
  { has = "old-password", own = () => undefined as Answer | undefined, dashboards = [] as string[] } = {} as {
    has?: string;
    own?: Own;
    dashboards?: string[];
  },
) {
  let accepted = has;
  grafana = await fakeApi((call, calls) => {
    const special = own(call, calls);
    if (special) return special;
    if (call.what === "GET /api/health") return [200, { database: "ok", version: "11.6.4" }];
    if (call.headers.authorization !== basic("admin", accepted)) return [401, { message: "no" }];
    if (call.what === "GET /api/user") return [200, { login: "admin" }];
    if (call.what === "PUT /api/user/password") {
      const { oldPassword, newPassword, confirmNew } = JSON.parse(call.body);
      if (oldPassword !== accepted || newPassword !== confirmNew) return [401, { message: "no" }];
      accepted = newPassword;
      return [200, { message: "User password changed" }];
    }
    if (call.what === "GET /api/datasources/uid/influxdb/health") return [200, { status: "OK" }];
    if (call.what === "GET /api/search") return [200, [{ uid: "nodes" }, { uid: "latency" }]];
    return [404, { message: "no such path" }];
  });
  const { url } = grafana;
  const context = fakeContext();
  const input = { url, user: "admin", password, dataSource: "influxdb", dashboards, timeoutSec: 30 };
  const result = provision(input, context);
  return { result, context, api: grafana };
}

const asked = ({ calls }: FakeApi, what: string) => calls.filter((call) => call.what === what);

describe("grafana-provision", () => {
  it("returns version, data source and dashboards of a Grafana that has the password", async () => {
    const { result, api } = await run({ current: "old-password" });
    assert.deepEqual(await result, {
      version: "11.6.4",
      dataSource: "OK",
      dashboards: ["latency", "nodes"],
    });
    assert.equal(asked(api, "PUT /api/user/password").length, 0);
  });

  it("changes the previous password, and continues with the new one", async () => {
    const { result, api } = await run({ current: "new-password", previous: "old-password" });
    assert.equal((await result).dataSource, "OK");
    assert.equal(asked(api, "PUT /api/user/password").length, 1);
  });

  it("tries each password only once, because Grafana locks users out", async () => {
    const { result, api } = await run({ current: "wrong-one", previous: "wrong-two" });
    await assert.rejects(
      result,
      (error) =>
        error instanceof SwarmbenchError && /Its volume belongs to an earlier stack/.test(error.hint ?? ""),
    );
    assert.equal(asked(api, "GET /api/user").length, 2);
  });

  it("does not try a previous password that equals the current one", async () => {
    const { result, api } = await run({ current: "wrong-one", previous: "wrong-one" });
    await assert.rejects(result, { code: "password-refused" });
    assert.equal(asked(api, "GET /api/user").length, 1);
  });

  it("retries a login that the server could not check", async () => {
    const own: Own = ({ what }, calls) =>
      what === "GET /api/user" && calls.length < 5 ? [502, { message: "starting" }] : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    assert.equal((await result).dataSource, "OK");
  });

  it("waits for an unhealthy server, and reports it from time to time", async () => {
    const own: Own = ({ what }, calls) =>
      what === "GET /api/health" && calls.length < 21 ? [503, { database: "failing" }] : undefined;
    const { result, context } = await run({ current: "old-password" }, { own });
    assert.equal((await result).version, "11.6.4");
    assert.deepEqual(
      context.lines,
      Array(3).fill("waiting for Grafana to start (GET /api/health returned 503)"),
    );
  });

  it("waits for a data source that becomes healthy later", async () => {
    const own: Own = ({ what }, calls) =>
      what.endsWith("/health") && what.includes("uid") && calls.length < 9
        ? [400, { status: "ERROR", message: "no such host" }]
        : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    assert.equal((await result).dataSource, "OK");
  });

  it("reports after the timeout why the data source is unhealthy, and where to look", async () => {
    const own: Own = ({ what }) =>
      what.includes("uid") ? [400, { status: "ERROR", message: "no such host" }] : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    await assert.rejects(result, (error) => {
      assert.ok(error instanceof SwarmbenchError && error.code === "service-failed");
      assert.match(error.message, /timed out after 30 s waiting for the data source influxdb .*no such host/);
      assert.match(error.hint ?? "", /docker service ps influxdb/);
      return true;
    });
  });

  it("names a missing dashboard", async () => {
    const { result } = await run({ current: "old-password" }, { dashboards: ["latency", "brokers"] });
    await assert.rejects(result, /: missing brokers$/m);
  });

  it("does not accept a Grafana without any dashboard", async () => {
    const own: Own = ({ what }) => (what === "GET /api/search" ? [200, []] : undefined);
    const { result } = await run({ current: "old-password" }, { own });
    await assert.rejects(result, /there is no dashboard$/m);
  });

  it("puts no password into any message", async () => {
    const { result, context } = await run({ current: "wrong-one", previous: "wrong-two" });
    const error = await result.then(
      () => assert.fail("it succeeded"),
      (thrown: SwarmbenchError) => thrown,
    );
    assert.doesNotMatch([error.message, error.hint, ...context.lines].join(), /wrong-(one|two)/);
  });

  it("accepts the stack's input", () => {
    const password = { current: "0123456789ab", previous: "0123456789ab" };
    const input = { url: "http://grafana:3000", user: "admin", password, dataSource: "influxdb" };
    assert.equal(grafanaProvision.input.safeParse(input).error, undefined);
  });
});

describe("a request", () => {
  it("fails if the server closes the connection right after accepting it", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await assert.rejects(ask(z.unknown(), `http://127.0.0.1:${port}`, "/"), /socket hang up|ECONNRESET/);
    server.close();
  });
  it("names the wrong field of an answer, but not its value", async () => {
    grafana = await fakeApi(() => [200, { a: { secret: 4711 } }]);
    const answer = z.object({ a: z.object({ secret: z.string() }) });
    await assert.rejects(
      ask(answer, grafana.url, "/"),
      /^Error: GET \/ returned an unexpected document: a\.secret$/,
    );
  });
});
