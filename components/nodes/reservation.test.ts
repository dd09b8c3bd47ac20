import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { declare, known } from "../../test/support/mocks.ts";
import { oarSettingsOf } from "../../test/support/oarSettings.ts";
import type { Job } from "../../testbeds/oar/job.ts";
import { planSlots } from "../../testbeds/oar/plan.ts";
import { slotRequest, stackRequest } from "../../testbeds/oar/slot.ts";
import { Reservation } from "./reservation.ts";

const settings = oarSettingsOf({ kind: "oar", frontend: "rennes", user: "ann", walltime: "2 hours" });
const job = (id: number, slot: number, nodes: number): Job => ({
  id,
  name: `bench-${slot}`,
  owner: "ann",
  state: "Running",
  queue: "default",
  types: [],
  message: "",
  nodes,
  addresses: [],
  events: [],
  readAt: 0,
});
const OUTPUT: Record<string, object> = {
  "testbed-1": {
    job: 10,
    name: "bench-1",
    nodes: [
      { name: "a", address: "10.0.0.1" },
      { name: "b", address: "10.0.0.2" },
    ],
    endsAt: 900,
  },
  "testbed-2": { job: 11, name: "bench-2", nodes: [{ name: "c", address: "10.0.0.3" }], endsAt: 800 },
};
const declared = (jobs: Job[], nodes: number) =>
  declare(
    () =>
      new Reservation("testbed", { settings, base: "bench", plan: planSlots("bench", jobs, nodes), nodes }),
    (_, name) => ({ stdout: JSON.stringify(OUTPUT[name] ?? {}) }),
  );

describe("a reservation as a resource", () => {
  it("is one command per job, which runs this project's own program with the request on standard input", async () => {
    const { resources } = await declared([job(10, 1, 2)], 3);
    const command = resources.get("Command testbed-2") ?? assert.fail();
    assert.equal(command.inputs.create, "node swarmbench.mjs reserve --from-up");
    assert.equal(command.inputs.delete, `${command.inputs.create} --delete`);
    const request = slotRequest.parse(JSON.parse(String(command.inputs.stdin)));
    assert.deepEqual(request, { settings, base: "bench", slot: 2, nodes: 1 });
    assert.equal(command.inputs.addPreviousOutputInEnv, false);
  });

  it("returns the nodes in order, no more than needed, and when the first job ends", async () => {
    const { result } = await declared([job(10, 1, 2)], 3);
    assert.deepEqual(
      (await known(result.nodes)).map(({ name }) => name),
      ["a", "b", "c"],
    );
    assert.equal(await known(result.endsAt), 800);
    const fewer = await declared([job(10, 1, 2)], 1);
    assert.deepEqual(
      (await known(fewer.result.nodes)).map(({ address }) => address),
      ["10.0.0.1"],
    );
  });

  it("first creates the resource that deletes every job of the stack, so that a crash leaves none behind", async () => {
    const { resources } = await declared([], 2);
    const lifetime = resources.get("Command testbed-lifetime") ?? assert.fail();
    assert.equal(lifetime.inputs.create, undefined);
    assert.match(String(lifetime.inputs.delete), /--delete$/);
    assert.deepEqual(stackRequest.parse(JSON.parse(String(lifetime.inputs.stdin))), {
      settings,
      base: "bench",
    });
    assert.ok(
      !slotRequest.safeParse(JSON.parse(String(lifetime.inputs.stdin))).success,
      "the request covers all slots",
    );
    const first = resources.get("Command testbed-1") ?? assert.fail();
    assert.deepEqual(
      [first.dependencies, first.deletedWith],
      [["Command testbed-lifetime"], "Command testbed-lifetime"],
    );
  });

  it("does not change while its job exists, and submits it again under the same name if it is gone", async () => {
    const living = await declared([job(10, 1, 2)], 2);
    assert.deepEqual(living.resources.get("Command testbed-1")?.ignoreChanges, ["update"]);
    const gone = await declared([], 2);
    const command = gone.resources.get("Command testbed-1") ?? assert.fail();
    assert.deepEqual(command.ignoreChanges, []);
    assert.match(String(command.inputs.update), /--from-up -- \d{4}-/);
    assert.equal(command.inputs.stdin, living.resources.get("Command testbed-1")?.inputs.stdin);
  });

  it("gives up the last job for fewer nodes, and does not change the first", async () => {
    const [before, after] = [
      await declared([job(10, 1, 2), job(11, 2, 1)], 3),
      await declared([job(10, 1, 2), job(11, 2, 1)], 2),
    ];
    assert.ok(before.resources.has("Command testbed-2") && !after.resources.has("Command testbed-2"));
    const stdin = (run: typeof before) => run.resources.get("Command testbed-1")?.inputs.stdin;
    assert.equal(stdin(after), stdin(before));
  });

  it("is a component that registers its outputs", async () => {
    const { resources } = await declared([], 1);
    assert.ok(resources.get("Reservation testbed")?.completed);
  });
});
