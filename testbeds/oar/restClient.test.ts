import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Answer, type Call, fakeApi } from "../../test/support/fakeApi.ts";
import { oarSettingsOf } from "../../test/support/oarSettings.ts";
import { OarError, type OarErrorCode } from "./errors.ts";
import { restClient } from "./restClient.ts";

/** The shape of Grid'5000's API, for which there is no server here. */
async function onGrid5000<T>(
  answer: (call: Call) => Answer,
  work: (client: ReturnType<typeof restClient>, calls: Call[]) => Promise<T>,
): Promise<T> {
  const api = await fakeApi(answer);
  const settings = oarSettingsOf({
    kind: "oar",
    frontend: "rennes",
    user: "ann",
    walltime: "1 hour",
    api: "rest",
    rest: { url: `${api.url}/sites/rennes`, shape: "grid5000" },
  });
  try {
    return await work(restClient(settings, { fetch, now: () => 1000, password: "geheim" }), api.calls);
  } finally {
    await api.close();
  }
}
const job = (more: object = {}) => ({
  uid: 12,
  user_uid: "ann",
  name: "bench-1",
  state: "running",
  queue: "default",
  types: ["deploy"],
  walltime: 3600,
  started_at: 900,
  assigned_nodes: ["paravance-2", "paravance-1"],
  events: [],
  ...more,
});
const WANTED = {
  name: "bench-1",
  nodes: 2,
  walltimeSec: 3600,
  types: ["deploy"],
  properties: "cluster='paravance'",
};
const rejects = (what: Promise<unknown>, code: OarErrorCode) =>
  assert.rejects(what, (error) => error instanceof OarError && error.code === code);

describe("Grid'5000's API", () => {
  it("is asked for a job in its own words, as the user with the password", () =>
    onGrid5000(
      () => [201, job({ state: "waiting" })],
      async (client, calls) => {
        assert.equal(await client.submit(WANTED), 12);
        assert.equal(calls[0]?.what, "POST /sites/rennes/jobs");
        assert.equal(
          calls[0]?.headers.authorization,
          `Basic ${Buffer.from("ann:geheim").toString("base64")}`,
        );
        assert.deepEqual(JSON.parse(calls[0]?.body ?? ""), {
          name: "bench-1",
          command: "sleep 31536000",
          stdout: "/dev/null",
          stderr: "/dev/null",
          resources: "nodes=2,walltime=1:00:00",
          properties: "cluster='paravance'",
          types: ["deploy"],
        });
      },
    ));

  it("names nodes of a job that waits, which are only planned: they are none", () =>
    onGrid5000(
      () => [200, job({ state: "waiting" })],
      async (client) => {
        const waiting = (await client.job(12)) ?? assert.fail();
        assert.deepEqual([waiting.state, waiting.addresses, waiting.nodes], ["Waiting", [], undefined]);
      },
    ));

  it("gives a running job's nodes in its order, the head node first", () =>
    onGrid5000(
      () => [200, job()],
      async (client) => assert.deepEqual((await client.job(12))?.addresses, ["paravance-2", "paravance-1"]),
    ));

  it("has jobs in toLaunch in its list, for it is not asked for states", () =>
    onGrid5000(
      () => [
        200,
        { items: [job({ uid: 14, state: "error" }), job({ uid: 13, state: "tolaunch" })], total: 2 },
      ],
      async (client) => {
        const jobs = await client.jobs("bench");
        assert.deepEqual(
          jobs.map(({ id, state }) => [id, state]),
          [[13, "toLaunch"]],
        );
      },
    ));

  it("knows no job where it answers 404, and deleting that one is fine", () =>
    onGrid5000(
      () => [404, { message: "Couldn't find OAR::Job with 'job_id'=12" }],
      async (client) =>
        assert.deepEqual([await client.job(12), await client.remove(12)], [undefined, "gone"]),
    ));

  it("says that a job was killed already, which is fine", () =>
    onGrid5000(
      () => [
        400,
        { message: "Request to URL failed with status 400: Cannot frag 12 ; This job was already killed." },
      ],
      async (client) => assert.equal(await client.remove(12), "gone"),
    ));

  it("refuses another user's job, unknown users, and too many nodes, each in its way", async () => {
    const refusing = (status: number, message: string, code: OarErrorCode, what: "remove" | "submit") =>
      onGrid5000(
        () => [status, { message }],
        (client) => rejects(what === "remove" ? client.remove(12) : client.submit(WANTED), code),
      );
    await refusing(403, "You are not authorized to access this resource", "not-owner", "remove");
    await refusing(401, "Unauthorized", "unauthorised", "submit");
    await refusing(
      400,
      "Request to URL failed with status 400: There are not enough resources for your request",
      "not-enough-nodes",
      "submit",
    );
    await refusing(503, "Service Unavailable", "unreachable", "submit");
  });

  it("lengthens a job by its own request", () =>
    onGrid5000(
      () => [202, {}],
      async (client, calls) => {
        await client.extend(12, 1800);
        assert.deepEqual(
          [calls[0]?.what, calls[0]?.body],
          ["POST /sites/rennes/jobs/12/walltime", '{"walltime":"+0:30:00"}'],
        );
      },
    ));

  it("that does not answer with JSON is told as such", () =>
    onGrid5000(
      () => [200, undefined],
      (client) => rejects(client.job(12), "unreadable"),
    ));
});
