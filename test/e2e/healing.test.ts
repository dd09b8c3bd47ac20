import assert from "node:assert/strict";
import { it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { describeHealing, heals } from "../support/healing.ts";

/** More faults: test/slow/healing.test.ts. */
describeHealing(({ project, container }) => {
  it("a worker that lost its container and its data", () =>
    heals(project(), async () => {
      await project().docker("rm", "--force", container("node3"));
      await project().docker("volume", "rm", container("node3"));
    }));

  it("a manager whose dockerd was killed", () =>
    heals(project(), () => project().on("node1", "pkill -KILL -x dockerd")));

  it("a manager that lost its container and its data", () =>
    heals(project(), async () => {
      await project().docker("rm", "--force", container("node1"));
      await project().docker("volume", "rm", container("node1"));
    }));

  it("a worker that left the swarm", () =>
    heals(project(), () => project().on("node2", "docker swarm leave")));

  it("a testbed of which everything is gone but Pulumi's record", () =>
    heals(project(), async () => {
      for (const node of ["node1", "node2", "node3"]) {
        await project().docker("rm", "--force", container(node));
        await project().docker("volume", "rm", container(node));
      }
      await project().docker("network", "rm", project().prefix);
    }));

  it("keeps a service running on the other nodes while a worker is dead", async () => {
    const { registry } = await project().outputs<{ registry: string }>();
    await project().on(
      "node1",
      `docker tag $(docker inspect --format '{{.Image}}' registry) ${registry}/test &&
       docker push --quiet ${registry}/test && docker service create --quiet --name web --replicas 3 ${registry}/test`,
    );
    const running = () =>
      project().on(
        "node1",
        "docker service ps web --no-trunc --filter node=node1 --filter node=node2 " +
          "--filter desired-state=running --format '{{.ID}} {{slice .CurrentState 0 7}}' | sort",
      );
    await eventually(async () => assert.equal((await running()).match(/ Running/g)?.length, 2));
    const before = (await running()).trim().split("\n");
    await project().docker("kill", container("node3"));
    const meanwhile = await running();
    await heals(project(), async () => {});
    const afterwards = await running();
    for (const task of before)
      assert.ok(meanwhile.includes(task) && afterwards.includes(task), `${task} did not go on`);
  });

  it("does not stop a destroy that finds its manager dead", async () => {
    await project().docker("kill", container("node1"));
    await project().mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project().remains(), []);
  });
});
