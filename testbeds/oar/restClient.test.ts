import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmbenchError } from "../../contract/errors.ts";
import { type Answer, type Call, fakeApi } from "../../test/support/fakeApi.ts";
import { oarSettingsOf } from "../../test/support/oarSettings.ts";
import type { OarErrorCode } from "./errors.ts";
import { planSlots } from "./plan.ts";
import { restClient } from "./restClient.ts";

/** A client of a fake of Grid'5000's API. */
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
    return await work(restClient(settings, { fetch, now: () => 1000, password: "secret" }), api.calls);
  } finally {
    await api.close();
  }
}
/** A job as the API describes it in an answer about this job alone. */
const job = (more: object = {}) => ({
  uid: 12,
  user_uid: "ann",
  user: "ann",
  name: "bench-1",
  state: "running",
  queue: "default",
  project: "default",
  types: ["deploy"],
  mode: "PASSIVE",
  command: "sleep 31536000",
  walltime: 3600,
  submitted_at: 890,
  started_at: 900,
  scheduled_at: 900,
  message: "FIFO scheduling OK",
  properties: "maintenance = 'NO'",
  directory: "/home/ann",
  resources_by_type: { cores: ["paravance-2", "paravance-1"] },
  assigned_nodes: ["paravance-2", "paravance-1"],
  events: [],
  links: [],
  ...more,
});
/** A list of jobs: it contains their nodes only if it is asked for with `resources=yes`. */
const list = (query: URLSearchParams, ...jobs: ReturnType<typeof job>[]) => ({
  total: jobs.length,
  offset: 0,
  items: jobs.map(({ assigned_nodes, resources_by_type, ...rest }) =>
    query.get("resources") === "yes" ? { ...rest, assigned_nodes, resources_by_type } : rest,
  ),
  links: [],
});
const WANTED = {
  name: "bench-1",
  nodes: 2,
  walltimeSec: 3600,
  types: ["deploy"],
  project: "lab-x",
  properties: "cluster='paravance'",
};
const rejects = (what: Promise<unknown>, code: OarErrorCode) =>
  assert.rejects(what, (error) => error instanceof SwarmbenchError && error.code === code);

describe("Grid'5000's API", () => {
  it("receives a submission in its own format, with the user's password", () =>
    onGrid5000(
      () => [201, job({ state: "waiting" })],
      async (client, calls) => {
        assert.equal(await client.submit(WANTED), 12);
        assert.equal(calls[0]?.what, "POST /sites/rennes/jobs");
        assert.equal(
          calls[0]?.headers.authorization,
          `Basic ${Buffer.from("ann:secret").toString("base64")}`,
        );
        assert.deepEqual(JSON.parse(calls[0]?.body ?? ""), {
          name: "bench-1",
          command: "sleep 31536000",
          stdout: "/dev/null",
          stderr: "/dev/null",
          resources: "nodes=2,walltime=1:00:00",
          project: "lab-x",
          properties: "cluster='paravance'",
          types: ["deploy"],
        });
      },
    ));

  it("reports the planned nodes of a waiting job: only their number is used", () =>
    onGrid5000(
      () => [200, job({ state: "waiting" })],
      async (client) => {
        const waiting = (await client.job(12)) ?? assert.fail();
        assert.deepEqual([waiting.state, waiting.addresses, waiting.nodes], ["Waiting", [], 2]);
      },
    ));

  it("lists the nodes of a running job in its own order, the head node first", () =>
    onGrid5000(
      () => [200, job()],
      async (client) => assert.deepEqual((await client.job(12))?.addresses, ["paravance-2", "paravance-1"]),
    ));

  it("lists jobs in toLaunch, because the request has no state", () =>
    onGrid5000(
      ({ query }) => [
        200,
        list(query, job({ uid: 14, state: "error" }), job({ uid: 13, state: "tolaunch" })),
      ],
      async (client) => {
        const jobs = await client.jobs("bench");
        assert.deepEqual(
          jobs.map(({ id, state }) => [id, state]),
          [[13, "toLaunch"]],
        );
      },
    ));

  it("lists jobs with their nodes, so that scaling out adds only the missing ones", () =>
    onGrid5000(
      ({ query }) => [200, list(query, job())],
      async (client) => {
        const jobs = await client.jobs("bench");
        assert.deepEqual(
          jobs.map(({ nodes, addresses }) => [nodes, addresses]),
          [[2, ["paravance-2", "paravance-1"]]],
        );
        const { slots } = planSlots("bench", jobs, 5);
        assert.deepEqual(
          slots.map(({ slot, nodes, job: id }) => [slot, nodes, id]),
          [
            [1, 2, 12],
            [2, 3, undefined],
          ],
        );
      },
    ));

  it("has no such job if it answers 404; deleting that job succeeds", () =>
    onGrid5000(
      () => [404, { message: "Couldn't find OAR::Job with 'job_id'=12" }],
      async (client) =>
        assert.deepEqual([await client.job(12), await client.remove(12)], [undefined, "gone"]),
    ));

  it("reports that a job was already killed, which is a success", () =>
    onGrid5000(
      () => [
        400,
        { message: "Request to URL failed with status 400: Cannot frag 12 ; This job was already killed." },
      ],
      async (client) => assert.equal(await client.remove(12), "gone"),
    ));

  it("has an error for another user's job, unknown users and too many nodes", async () => {
    const refusing = (status: number, message: string, code: OarErrorCode, what: "remove" | "submit") =>
      onGrid5000(
        () => [status, { message }],
        (client) => rejects(what === "remove" ? client.remove(12) : client.submit(WANTED), code),
      );
    await refusing(403, "You are not authorized to access this resource", "oar-not-owner", "remove");
    await refusing(401, "Unauthorized", "oar-unauthorised", "submit");
    await refusing(
      400,
      "Request to URL failed with status 400: There are not enough resources for your request",
      "oar-not-enough-nodes",
      "submit",
    );
    await refusing(503, "Service Unavailable", "oar-unreachable", "submit");
  });

  it("extends a job with a separate request", () =>
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

  it("that does not answer with JSON is an error", () =>
    onGrid5000(
      () => [200, undefined],
      (client) => rejects(client.job(12), "oar-unreadable"),
    ));
});
