import assert from "node:assert/strict";
import { createServer } from "node:net";
import { afterEach, describe, it } from "node:test";
import { z } from "zod";
import { type Answer, type Call, type FakeApi, fakeApi } from "../../test/support/fakeApi.ts";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { ask, basic } from "../http.ts";
import { Problem } from "../problem.ts";
import { grafanaProvision, provision } from "./grafanaProvision.ts";

let grafana: FakeApi | undefined;
afterEach(async () => {
  await grafana?.close();
  grafana = undefined;
});

type Own = (call: Call, calls: Call[]) => Answer | undefined;

/** A Grafana with this password and two dashboards, but for what a test says. */
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
  it("gives version, data source and dashboards of a Grafana that has the password", async () => {
    const { result, api } = await run({ current: "old-password" });
    assert.deepEqual(await result, {
      version: "11.6.4",
      dataSource: "OK",
      dashboards: ["latency", "nodes"],
    });
    assert.equal(asked(api, "PUT /api/user/password").length, 0);
  });

  it("changes the password that was there before, and goes on with the new one", async () => {
    const { result, api } = await run({ current: "new-password", previous: "old-password" });
    assert.equal((await result).dataSource, "OK");
    assert.equal(asked(api, "PUT /api/user/password").length, 1);
  });

  it("tries each password once, since Grafana locks out who guesses", async () => {
    const { result, api } = await run({ current: "wrong-one", previous: "wrong-two" });
    await assert.rejects(
      result,
      (error) => error instanceof Problem && /Its volume is an earlier stack's/.test(error.next),
    );
    assert.equal(asked(api, "GET /api/user").length, 2);
  });

  it("does not try a previous password that is the current one", async () => {
    const { result, api } = await run({ current: "wrong-one", previous: "wrong-one" });
    await assert.rejects(result, Problem);
    assert.equal(asked(api, "GET /api/user").length, 1);
  });

  it("tries a login again that the server could not judge", async () => {
    const own: Own = ({ what }, calls) =>
      what === "GET /api/user" && calls.length < 5 ? [502, { message: "starting" }] : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    assert.equal((await result).dataSource, "OK");
  });

  it("waits for a server that is not well yet, and says so now and then", async () => {
    const own: Own = ({ what }, calls) =>
      what === "GET /api/health" && calls.length < 21 ? [503, { database: "failing" }] : undefined;
    const { result, context } = await run({ current: "old-password" }, { own });
    assert.equal((await result).version, "11.6.4");
    assert.deepEqual(
      context.lines,
      Array(3).fill("waiting for Grafana to serve (GET /api/health was answered 503)"),
    );
  });

  it("waits for a data source that comes later", async () => {
    const own: Own = ({ what }, calls) =>
      what.endsWith("/health") && what.includes("uid") && calls.length < 9
        ? [400, { status: "ERROR", message: "no such host" }]
        : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    assert.equal((await result).dataSource, "OK");
  });

  it("says why the data source is not well when time is over, and where to look", async () => {
    const own: Own = ({ what }) =>
      what.includes("uid") ? [400, { status: "ERROR", message: "no such host" }] : undefined;
    const { result } = await run({ current: "old-password" }, { own });
    await assert.rejects(result, (error) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, /waited 30 s for the data source influxdb .*no such host/);
      assert.match(error.next, /docker service ps influxdb/);
      return true;
    });
  });

  it("names the dashboard that is not there", async () => {
    const { result } = await run({ current: "old-password" }, { dashboards: ["latency", "brokers"] });
    await assert.rejects(result, /it lacks brokers$/);
  });

  it("does not take a Grafana without any dashboard for provisioned", async () => {
    const own: Own = ({ what }) => (what === "GET /api/search" ? [200, []] : undefined);
    const { result } = await run({ current: "old-password" }, { own });
    await assert.rejects(result, /there is none$/);
  });

  it("says no password in any message", async () => {
    const { result, context } = await run({ current: "wrong-one", previous: "wrong-two" });
    const error = await result.then(
      () => assert.fail("it succeeded"),
      (thrown: Problem) => thrown,
    );
    assert.doesNotMatch([error.message, error.next, ...context.lines].join(), /wrong-(one|two)/);
  });

  it("takes the input that the stack gives", () => {
    const password = { current: "0123456789ab", previous: "0123456789ab" };
    const input = { url: "http://grafana:3000", user: "admin", password, dataSource: "influxdb" };
    assert.equal(grafanaProvision.input.safeParse(input).error, undefined);
  });
});

describe("a request", () => {
  it("fails where the server closes the connection as soon as it is open", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await assert.rejects(ask(z.unknown(), `http://127.0.0.1:${port}`, "/"), /socket hang up|ECONNRESET/);
    server.close();
  });
  it("says where an answer is not what it should be, and not what it holds", async () => {
    grafana = await fakeApi(() => [200, { a: { secret: 4711 } }]);
    const answer = z.object({ a: z.object({ secret: z.string() }) });
    await assert.rejects(ask(answer, grafana.url, "/"), /^Error: GET \/ was .*unexpected: a\.secret$/);
  });
});
