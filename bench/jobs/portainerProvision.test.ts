import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { environmentForm } from "../../components/services/portainer/flags.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { type Answer, type Call, type FakeApi, fakeApi } from "../../test/support/fakeApi.ts";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { portainerProvision, provision } from "./portainerProvision.ts";

const OLD = "old-password-of-admin";
const NEW = "new-password-of-admin";
const form = environmentForm("agents");

interface Environment {
  Id: number;
  Name: string;
  Type: number;
  URL: string;
  Status: number;
  Snapshots: { Swarm: boolean; NodeCount: number }[] | null;
}
const swarm: Environment = {
  Id: 3,
  Name: "primary",
  Type: 2,
  URL: form.URL ?? "",
  Status: 1,
  Snapshots: [{ Swarm: true, NodeCount: 4 }],
};

let portainer: FakeApi | undefined;
afterEach(async () => {
  await portainer?.close();
  portainer = undefined;
});

interface Setup {
  environments?: Environment[];
  own?: (call: Call, calls: Call[]) => Answer | undefined;
}

/**
 * A fake that behaves like Portainer's source code: a session ends when the password changes, and the kind of an environment
 * is only known after a snapshot.
 */
async function run(
  password: { current: string; previous?: string },
  { environments = [swarm], own = () => undefined }: Setup = {},
) {
  let accepted = OLD;
  let session = 0;
  const list = environments.map((each) => ({ ...each }));
  portainer = await fakeApi((call, calls) => {
    const special = own(call, calls);
    if (special) return special;
    if (call.what === "GET /api/system/status") return [200, { Version: "2.33.6", InstanceID: "i" }];
    if (call.what === "POST /api/auth") {
      const { Username, Password } = JSON.parse(call.body);
      return Username === "admin" && Password === accepted
        ? [200, { jwt: `jwt-${session}` }]
        : [422, { message: "Invalid credentials", details: "Unauthorized" }];
    }
    if (call.headers.authorization !== `Bearer jwt-${session}`) return [401, { message: "Unauthorized" }];
    if (call.what === "GET /api/users/me") return [200, { Id: 7 }];
    if (call.what === "PUT /api/users/7/passwd") {
      const { Password, NewPassword } = JSON.parse(call.body);
      if (Password !== accepted) return [403, { message: "Current password doesn't match" }];
      accepted = NewPassword;
      session += 1;
      return [204];
    }
    if (call.what === "GET /api/endpoints") return [200, list];
    if (call.what === "POST /api/endpoints") {
      const created = { ...swarm, Id: 9, Status: 1, Snapshots: [] };
      list.push(created);
      return [200, created];
    }
    const snapshot = /^POST \/api\/endpoints\/(\d+)\/snapshot$/.exec(call.what);
    const environment = list.find(({ Id }) => Id === Number(snapshot?.[1]));
    if (!environment) return [404, { message: "no such path" }];
    Object.assign(environment, { Status: 1, Snapshots: swarm.Snapshots });
    return [204];
  });
  const { url } = portainer;
  const context = fakeContext();
  const environment = { Name: "", URL: "", ...form };
  const input = { url, user: "admin", password, environment, timeoutSec: 20 };
  return { result: provision(input, context), context, api: portainer };
}

const asked = ({ calls }: FakeApi, what: string) => calls.filter((call) => call.what === what);

describe("portainer-provision", () => {
  it("returns the version and the registered swarm", async () => {
    const { result, api } = await run({ current: OLD });
    assert.deepEqual(await result, {
      version: "2.33.6",
      environments: [{ id: 3, name: "primary", url: "tcp://tasks.agents:9001", nodes: 4 }],
    });
    assert.equal(asked(api, "POST /api/endpoints").length, 0);
  });

  it("changes the previous password, and continues in a new session", async () => {
    const { result, api } = await run({ current: NEW, previous: OLD });
    assert.equal((await result).environments.length, 1);
    assert.equal(asked(api, "PUT /api/users/7/passwd").length, 1);
  });

  it("tries each password only once", async () => {
    const { result, api } = await run({ current: NEW, previous: "another-password" });
    await assert.rejects(
      result,
      (error) =>
        error instanceof SwarmbenchError && /Its volume belongs to an earlier stack/.test(error.hint ?? ""),
    );
    assert.equal(asked(api, "POST /api/auth").length, 2);
  });

  it("does not try a previous password that equals the current one", async () => {
    const { result, api } = await run({ current: NEW, previous: NEW });
    await assert.rejects(result, { code: "password-refused" });
    assert.equal(asked(api, "POST /api/auth").length, 1);
  });

  it("registers a missing swarm, with the fields as a form", async () => {
    const { result, api } = await run({ current: OLD }, { environments: [] });
    assert.deepEqual(
      (await result).environments.map(({ id, nodes }) => [id, nodes]),
      [[9, 4]],
    );
    const [call] = asked(api, "POST /api/endpoints");
    const sent = await new Response(call?.body, {
      headers: { "content-type": call?.headers["content-type"] ?? "" },
    }).formData();
    assert.deepEqual(Object.fromEntries(sent.entries()), form);
  });

  it("does not mistake an environment of another kind or address for the swarm", async () => {
    const others = [
      { ...swarm, Id: 1, Type: 1 },
      { ...swarm, Id: 2, URL: "tcp://tasks.others:9001" },
    ];
    const { result, api } = await run({ current: OLD }, { environments: others });
    await result;
    assert.equal(asked(api, "POST /api/endpoints").length, 1);
  });

  it("takes a new snapshot of an environment that was down", async () => {
    const { result, api } = await run({ current: OLD }, { environments: [{ ...swarm, Status: 2 }] });
    assert.equal((await result).environments.length, 1);
    assert.equal(asked(api, "POST /api/endpoints/3/snapshot").length, 1);
  });

  it("retries while the agents do not answer", async () => {
    const own: Setup["own"] = ({ what }, calls) =>
      what === "POST /api/endpoints" && calls.length < 20
        ? [500, { message: "Unable to initiate communications with environment" }]
        : undefined;
    const { result, context } = await run({ current: OLD }, { environments: [], own });
    assert.equal((await result).environments.length, 1);
    assert.equal(context.lines.filter((line) => line.startsWith("registering")).length, 1);
  });

  it("reports after the timeout what the agents answered, and how to release them", async () => {
    const own: Setup["own"] = ({ what }) =>
      what === "POST /api/endpoints" ? [500, { message: "no", details: "agent already paired" }] : undefined;
    const { result } = await run({ current: OLD }, { environments: [], own });
    await assert.rejects(result, (error) => {
      assert.ok(error instanceof SwarmbenchError && error.code === "service-failed");
      assert.match(
        error.message,
        /timed out after 20 s waiting for Portainer to reach .*returned 500: no, agent already paired/,
      );
      assert.match(error.hint ?? "", /docker service update --force portainer_agent/);
      return true;
    });
  });

  it("does not mistake a single engine for the swarm", async () => {
    const own: Setup["own"] = ({ what }) =>
      what === "GET /api/endpoints"
        ? [200, [{ ...swarm, Snapshots: [{ Swarm: false, NodeCount: 0 }] }]]
        : undefined;
    const { result } = await run({ current: OLD }, { own });
    await assert.rejects(result, /does not recognise the environment primary as a swarm$/m);
  });

  it("does not retry if another environment has the name", async () => {
    const own: Setup["own"] = ({ what }) => (what === "POST /api/endpoints" ? [409, {}] : undefined);
    const { result, api } = await run({ current: OLD }, { environments: [], own });
    await assert.rejects(
      result,
      (error) => error instanceof SwarmbenchError && /Rename or remove it/.test(error.hint ?? ""),
    );
    assert.equal(asked(api, "POST /api/endpoints").length, 1);
  });

  it("sends no cookie, which would require a CSRF token", async () => {
    const { result, api } = await run({ current: NEW, previous: OLD });
    await result;
    assert.ok(api.calls.every(({ headers }) => headers.cookie === undefined));
  });

  it("accepts the stack's input, and no password that Portainer would reject", () => {
    const input = (current: string) => ({
      url: "http://portainer:9000",
      user: "admin",
      password: { current, previous: current },
      environment: form,
    });
    assert.equal(portainerProvision.input.safeParse(input("0123456789ab")).error, undefined);
    assert.equal(portainerProvision.input.safeParse(input("0123456789a")).success, false);
  });
});
