import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SwarmbenchError } from "../../contract/errors.ts";
import type { Watch } from "../watch.ts";
import type { OarClient } from "./client.ts";
import { type OarErrorCode, oarError } from "./errors.ts";
import type { Job } from "./job.ts";
import { slotName } from "./names.ts";
import { planSlots } from "./plan.ts";
import { release } from "./release.ts";
import { choose, type JobRequest } from "./request.ts";
import { reserve } from "./reserve.ts";

const WANTED: JobRequest = { name: "bench-1", nodes: 2, walltimeSec: 600, types: [] };
const DELETED = { type: "FRAG_JOB_REQUEST", description: "" };
const job = (more: Partial<Job> = {}): Job => ({
  id: 1,
  name: "bench-1",
  owner: "ann",
  state: "Running",
  queue: "default",
  types: [],
  message: "",
  nodes: 2,
  walltimeSec: 600,
  startedAt: 100,
  readAt: 200,
  addresses: ["a", "b"],
  events: [],
  ...more,
});

const failsWith = (what: () => unknown, code: OarErrorCode, message: RegExp) =>
  assert.throws(what, (error: SwarmbenchError) => error.code === code && message.test(error.text));

describe("the action for a wanted job", () => {
  it("is to submit it if no job of its name is waiting or running", () => {
    const over = [job({ state: "Error" }), job({ state: "Terminated" }), job({ name: "bench-11" })];
    assert.deepEqual(choose([], WANTED), { do: "submit" });
    assert.deepEqual(choose([over[2] ?? assert.fail()], WANTED), { do: "submit" });
  });

  it("is to adopt a job that fits, in any state, even if it was extended or its size is unknown", () => {
    const { nodes: _, ...unknownSize } = job();
    for (const existing of [
      job({ state: "toLaunch" }),
      job({ state: "toAckReservation" }),
      job({ walltimeSec: 900 }),
      unknownSize,
    ]) {
      assert.deepEqual(choose([existing], WANTED), { do: "adopt", job: existing });
    }
  });

  it("is to adopt the only one of several jobs that fits", () => {
    const fitting = job({ id: 7 });
    assert.deepEqual(choose([job({ nodes: 3 }), fitting], WANTED), { do: "adopt", job: fitting });
  });

  it("is to wait for the end of a job that is being deleted, although it still runs", () => {
    const ending = job({ events: [DELETED] });
    assert.deepEqual(choose([ending], WANTED), { do: "wait", ending: [ending] });
  });

  it("is an error with the ids if two jobs fit", () =>
    failsWith(() => choose([job({ id: 3 }), job({ id: 5 })], WANTED), "oar-ambiguous", /3, 5[\s\S]*oardel/));

  it("is an error with the differences if no job fits", () => {
    const other = job({ nodes: 3, walltimeSec: 60, queue: "admin", project: "lab-y" });
    const wanted = { ...WANTED, queue: "default", project: "lab-x", types: ["deploy"] };
    failsWith(
      () => choose([other], wanted),
      "oar-other-shape",
      /has 3 nodes, not 2 and has 0:01:00 of walltime, not 0:10:00 and is in the queue admin, not default and is in the project lab-y, not lab-x and is not of type deploy/,
    );
  });
});

describe("the plan of a stack's jobs", () => {
  const jobs = (...sizes: [slot: number, nodes: number][]) =>
    sizes.map(([slot, nodes], index) => job({ id: index + 10, name: slotName("bench", slot), nodes }));
  const plan = (existing: Job[], nodes: number) => {
    const { slots, release: released, idle } = planSlots("bench", existing, nodes);
    return [slots.map(({ slot, nodes: size, job: id }) => [slot, size, id]), released, idle];
  };

  it("is one job for a new stack", () => assert.deepEqual(plan([], 3), [[[1, 3, undefined]], [], 0]));

  it("adds one job for more nodes", () =>
    assert.deepEqual(plan(jobs([1, 2]), 5), [
      [
        [1, 2, 10],
        [2, 3, undefined],
      ],
      [],
      0,
    ]));

  it("releases the last jobs for fewer nodes", () =>
    assert.deepEqual(plan(jobs([1, 2], [2, 1], [3, 1]), 2), [[[1, 2, 10]], [11, 12], 0]));

  it("keeps a job if one of its nodes is needed, and counts the unused nodes", () =>
    assert.deepEqual(plan(jobs([1, 2], [2, 3]), 3), [
      [
        [1, 2, 10],
        [2, 3, 11],
      ],
      [],
      2,
    ]));

  it("uses idle nodes before it requests more", () =>
    assert.deepEqual(plan(jobs([1, 4]), 4), [[[1, 4, 10]], [], 0]));

  it("fills the slot of a job that is gone, and keeps the other jobs", () => {
    const [first, second, third] = jobs([1, 2], [2, 1], [3, 1]);
    const gone = { ...(second ?? assert.fail()), events: [DELETED] };
    assert.deepEqual(plan([first ?? assert.fail(), gone, third ?? assert.fail()], 4), [
      [
        [1, 2, 10],
        [2, 1, undefined],
        [3, 1, 12],
      ],
      [],
      0,
    ]);
  });

  it("never touches jobs of other stacks", () =>
    assert.deepEqual(plan([job({ name: "other-1" }), job({ name: "bench" })], 1), [
      [[1, 1, undefined]],
      [],
      0,
    ]));

  it("always has enough nodes, releases only jobs that it does not keep, and is stable once carried out", () => {
    const sizes = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 })), {
      selector: ([slot]) => slot,
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 20 }), (existing, nodes) => {
        const before = jobs(...(existing as [number, number][]));
        const first = planSlots("bench", before, nodes);
        const total = first.slots.reduce((sum, slot) => sum + slot.nodes, 0);
        assert.equal(total, nodes + first.idle);
        const kept = first.slots.flatMap(({ job: id }) => id ?? []);
        assert.deepEqual([...kept, ...first.release].sort(), before.map(({ id }) => id).sort());
        const after = first.slots.map((slot, index) =>
          job({ id: slot.job ?? 100 + index, ...slot, job: undefined } as Partial<Job>),
        );
        const second = planSlots("bench", after, nodes);
        assert.deepEqual(
          [second.release, second.idle, second.slots.every((slot) => slot.job)],
          [[], first.idle, true],
        );
      }),
    );
  });
});

/** A fake OAR client; time passes only while it sleeps. */
function fakeOar(behaviour: Partial<OarClient> & { jobsNow?: () => Job[] } = {}) {
  let clock = 0;
  const calls: string[] = [];
  const lines: string[] = [];
  const { jobsNow = () => [], ...more } = behaviour;
  const client: OarClient = {
    user: "ann",
    submit: async () => 1,
    job: async (id) => jobsNow().find((each) => each.id === id),
    jobs: async () => jobsNow(),
    latest: async () => undefined,
    remove: async () => "registered",
    extend: async () => {},
    ahead: async () => 2,
    nodeStates: async () => ({ Alive: 3 }),
    resolve: async () => new Map(),
    deploy: async () => [],
    ...more,
  };
  const recorded = new Proxy(client, {
    get: (target, key: keyof OarClient) =>
      typeof target[key] === "function"
        ? (...args: unknown[]) => {
            if (key === "submit" || key === "remove")
              calls.push(`${key} ${key === "remove" ? args[0] : ""}`.trim());
            return (target[key] as (...given: unknown[]) => unknown)(...args);
          }
        : target[key],
  });
  const watch: Watch = {
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
    progress: (line) => lines.push(line),
  };
  return { client: recorded, watch, calls, lines, elapsed: () => clock };
}
const rejects = (what: Promise<unknown>, code: OarErrorCode, message: RegExp) =>
  assert.rejects(what, (error: SwarmbenchError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.text, message);
    return true;
  });

describe("a reservation", () => {
  const waiting = job({
    state: "Waiting",
    addresses: [],
    message: "no_matching_slot",
    scheduledAt: 1795405594,
  });

  it("reports the place in the queue, the expected start and OAR's message once", async () => {
    const { client, watch, lines } = fakeOar({ job: async () => waiting });
    await rejects(reserve(client, WANTED, watch, { timeoutSec: 300 }), "oar-timeout", /job 1/);
    const reported = lines.filter((line) => line.includes("Waiting"));
    assert.deepEqual(reported, [
      "job 1: Waiting, 2 jobs before it in the queue, start expected 2026-11-23 03:46:34 UTC, OAR says: no_matching_slot",
    ]);
  });

  it("waits no longer than the timeout, and then deletes the job", async () => {
    let killed = false;
    const { client, watch, calls, elapsed } = fakeOar({
      job: async () => (killed ? { ...waiting, state: "Error" } : waiting),
      remove: async () => {
        killed = true;
        return "registered";
      },
    });
    await rejects(reserve(client, WANTED, watch, { timeoutSec: 300 }), "oar-timeout", /Job 1 was deleted/);
    assert.deepEqual(calls, ["submit", "remove 1"]);
    assert.ok(elapsed() < 330_000, `${elapsed()} ms`);
  });

  it("reports that OAR has only registered a deletion if the job does not end", async () => {
    const { client, watch } = fakeOar({ job: async () => waiting });
    await rejects(
      reserve(client, WANTED, watch, { timeoutSec: 5 }),
      "oar-timeout",
      /registered the deletion of job 1/,
    );
  });

  it("never deletes a job that existed before", async () => {
    const { client, watch, calls } = fakeOar({ jobsNow: () => [waiting] });
    await rejects(reserve(client, WANTED, watch, { timeoutSec: 5 }), "oar-timeout", /job 1/);
    const interrupted = fakeOar({ jobsNow: () => [waiting] });
    await rejects(
      reserve(
        interrupted.client,
        WANTED,
        { ...interrupted.watch, signal: AbortSignal.abort() },
        { timeoutSec: 5 },
      ),
      "interrupted",
      /job 1/,
    );
    assert.deepEqual([calls, interrupted.calls], [[], []]);
  });

  it("repeats the deletion of a job of the same name that is ending, then submits its own", async () => {
    const ending = job({ id: 7, events: [DELETED] });
    let over = false;
    const { client, watch, calls } = fakeOar({
      jobsNow: () => (over ? [] : [ending]),
      job: async (id) => {
        if (id === 1) return job();
        over = true;
        return { ...ending, state: "Error" };
      },
    });
    assert.equal((await reserve(client, WANTED, watch, { timeoutSec: 60 })).job.id, 1);
    assert.deepEqual(calls, ["remove 7", "submit"]);
  });

  it("keeps a job that has just started when it is interrupted", async () => {
    const stop = new AbortController();
    const { client, watch, calls } = fakeOar({
      job: async () => job(),
      submit: async () => {
        stop.abort();
        return 1;
      },
    });
    await rejects(
      reserve(client, WANTED, { ...watch, signal: stop.signal }, { timeoutSec: 5 }),
      "interrupted",
      /just started and was kept/,
    );
    assert.deepEqual(calls, ["submit"]);
  });

  it("survives a frontend that is unreachable for a short time, but not for long", async () => {
    let asked = 0;
    const away = oarError("oar-unreachable", "no route");
    const back = fakeOar({
      job: async () => {
        asked += 1;
        if (asked < 5) throw away;
        return job();
      },
    });
    assert.equal((await reserve(back.client, WANTED, back.watch, { timeoutSec: 600 })).job.id, 1);
    const gone = fakeOar({
      job: async () => {
        throw away;
      },
    });
    await rejects(
      reserve(gone.client, WANTED, gone.watch, { timeoutSec: 6000 }),
      "oar-unreachable",
      /no route/,
    );
  });

  it("is an error, and not submitted twice, if the connection was lost and no job is found", async () => {
    const { client, watch, calls } = fakeOar({
      submit: async () => {
        throw oarError("oar-line-lost", "the connection was lost");
      },
    });
    await rejects(
      reserve(client, WANTED, watch, { timeoutSec: 60 }),
      "oar-line-lost",
      /finds the job by its name/,
    );
    assert.deepEqual(calls, ["submit"]);
  });

  it("is deleted if OAR queued it although its server is down", async () => {
    const { client, watch, calls } = fakeOar({
      submit: async () => {
        throw oarError("oar-server-down", "Cannot connect to executor. Job is killed.");
      },
      jobs: async () =>
        calls.includes("submit") ? [job({ id: 7, state: "Waiting", name: WANTED.name })] : [],
    });
    await rejects(
      reserve(client, WANTED, watch, { timeoutSec: 60 }),
      "oar-server-down",
      /Job is killed\.\nOAR had queued job 7 anyway, and registered its deletion\..*oardel 7/,
    );
    assert.deepEqual(calls, ["submit", "remove 7"]);
  });

  it("is an error if OAR reserved fewer nodes", async () => {
    const { client, watch } = fakeOar({ job: async () => job({ addresses: ["a"] }) });
    await rejects(
      reserve(client, WANTED, watch, { timeoutSec: 60 }),
      "oar-too-few-nodes",
      /with 1 nodes \(a\), not 2/,
    );
  });

  for (const [state, events, code] of [
    ["Error", [], "oar-job-failed"],
    ["Error", [DELETED], "oar-killed"],
    ["Error", [DELETED, { type: "WALLTIME", description: "" }], "oar-expired"],
    ["Terminated", [], "oar-job-ended"],
  ] as [Job["state"], Job["events"], OarErrorCode][]) {
    it(`whose job ends in ${state} after ${events.length} events is "${code}"`, async () => {
      const { client, watch } = fakeOar({ job: async () => job({ state, events }) });
      await rejects(reserve(client, WANTED, watch, { timeoutSec: 60 }), code, /job 1/);
    });
  }
});

describe("a release", () => {
  it("deletes only the stack's jobs, or those of one slot", async () => {
    const names = ["bench-1", "bench-2", "bench-x-1", "other-1"];
    const all = () => names.map((name, index) => job({ id: index + 1, name }));
    const over = (id: number) => ({ ...(all()[id - 1] ?? assert.fail()), state: "Error" as const });
    const whole = fakeOar({ jobsNow: all, job: async (id) => over(id) });
    assert.deepEqual(await release(whole.client, "bench", whole.watch), [1, 2]);
    assert.deepEqual(whole.calls, ["remove 1", "remove 2"]);
    const one = fakeOar({ jobsNow: all, job: async (id) => over(id) });
    await release(one.client, "bench", one.watch, { slots: [2] });
    assert.deepEqual(one.calls, ["remove 2"]);
  });

  it("waits for a job that ends by itself, and does not delete it", async () => {
    const ending = job({ state: "Finishing" });
    const { client, watch, calls } = fakeOar({
      jobsNow: () => [ending],
      job: async () => ({ ...ending, state: "Terminated" }),
    });
    assert.deepEqual(await release(client, "bench", watch), [1]);
    assert.deepEqual(calls, []);
  });

  it("repeats a deletion, which OAR's server may have missed, and waits whatever the answer is", async () => {
    const ending = job({ events: [DELETED] });
    let polls = 0;
    const { client, watch, calls } = fakeOar({
      jobsNow: () => [ending],
      job: async () => {
        polls += 1;
        return polls < 3 ? ending : { ...ending, state: "Error" };
      },
      remove: async () => {
        throw oarError("oar-refused", "job 1 was not deleted");
      },
    });
    assert.deepEqual(await release(client, "bench", watch), [1]);
    assert.deepEqual(calls, ["remove 1"]);
  });

  it("fails if OAR has only registered the deletion", async () => {
    const { client, watch } = fakeOar({ jobsNow: () => [job()] });
    await rejects(release(client, "bench", watch), "oar-delete-pending", /job 1 is not over after 60 s/);
  });
});
