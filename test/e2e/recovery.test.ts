import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { CRASHES, convergesAfter } from "../support/crash.ts";
import { eventually } from "../support/eventually.ts";
import { heals } from "../support/healing.ts";
import { TestProject } from "../support/project.ts";
import { HEALTHY } from "../support/swarm.ts";

/**
 * Three nodes with faults; each test continues with the state of the previous one. More faults are in
 * test/slow/crash.test.ts and test/slow/healing.test.ts.
 */
describe("a swarm", { concurrency: 1 }, () => {
  let project: TestProject;
  const container = (node: string) => `${project.prefix}-${node}`;
  before(async () => {
    project = await TestProject.create("recovery", { nodes: "3", namespace: "e2e" });
  });
  after(() => project?.dispose());

  describe("after pulumi was killed in the middle of an up", () => {
    const [when, pattern] = CRASHES.workers;
    it(`the next up converges if ${when}`, () => convergesAfter(project, pattern));

    it("a destroy leaves nothing, even what pulumi had not recorded", async () => {
      await project.upUntil(/node3-machine creating/);
      await project.mustPulumi("cancel", "--yes");
      await project.mustPulumi("destroy", "--yes", "--skip-preview");
      assert.deepEqual(await project.remains(), []);
    });

    it("the doctor finds leftovers, and removes only these", async () => {
      await project.upUntil(/node2-machine creating/);
      await project.docker("volume", "create", "swarmbench-e2e-bystander");
      const labels = [`swarmbench.stack=${project.prefix}`, `swarmbench.owner=${project.directory}`];
      await project.docker(
        "volume",
        "create",
        ...labels.flatMap((label) => ["--label", label]),
        "swarmbench-e2e-stray",
      );
      // As a killed pulumi leaves one that writes attributes.
      writeFileSync(`${project.statePath}.attrs`, "");
      assert.match((await project.pulumi("stack")).text, /failed to load checkpoint: EOF/);
      const report = await project.run("node", "swarmbench.mjs", "doctor");
      assert.equal(report.code, 1);
      assert.match(report.text, /left over: .*recovery\.json\.attrs: a killed pulumi left it incomplete/);
      assert.match(report.text, /left over: the lock of stack recovery/);
      assert.match(report.text, /left over: volume swarmbench-e2e-stray/);
      assert.doesNotMatch(report.text, /bystander/);
      const cleaned = await project.run("node", "swarmbench.mjs", "doctor", "--clean");
      assert.equal(cleaned.code, 0, cleaned.text);
      assert.match((await project.run("node", "swarmbench.mjs", "doctor")).text, /all is well/);
      assert.doesNotMatch(await project.docker("volume", "ls"), /swarmbench-e2e-stray/);
      assert.match(await project.docker("volume", "rm", "swarmbench-e2e-bystander"), /bystander/);
      await project.mustUp();
      assert.deepEqual(await project.swarmNodes(), HEALTHY);
    });

    it("the doctor does not touch what a stack uses", async () => {
      const cleaned = await project.run("node", "swarmbench.mjs", "doctor", "--clean");
      assert.match(cleaned.text, /all is well/);
      await project.mustUp("--expect-no-changes");
    });
  });

  describe("pulumi up heals", () => {
    it("a worker that lost its container and its data", () =>
      heals(project, async () => {
        await project.docker("rm", "--force", container("node3"));
        await project.docker("volume", "rm", container("node3"));
      }));

    it("a manager whose dockerd was killed", () =>
      heals(project, () => project.on("node1", "pkill -KILL -x dockerd")));

    it("a manager that lost its container and its data", () =>
      heals(project, async () => {
        await project.docker("rm", "--force", container("node1"));
        await project.docker("volume", "rm", container("node1"));
      }));

    it("a testbed that is gone except for Pulumi's state", () =>
      heals(project, async () => {
        for (const node of ["node1", "node2", "node3"]) {
          await project.docker("rm", "--force", container(node));
          await project.docker("volume", "rm", container(node));
        }
        await project.docker("network", "rm", project.prefix);
      }));

    it("keeps a service running on the other nodes while a worker is dead", async () => {
      const { registry } = await project.outputs<{ registry: string }>();
      await project.on(
        "node1",
        `docker tag $(docker inspect --format '{{.Image}}' registry) ${registry}/test &&
         docker push --quiet ${registry}/test && docker service create --quiet --name web --replicas 3 ${registry}/test`,
      );
      const running = () =>
        project.on(
          "node1",
          "docker service ps web --no-trunc --filter node=node1 --filter node=node2 " +
            "--filter desired-state=running --format '{{.ID}} {{slice .CurrentState 0 7}}' | sort",
        );
      await eventually(async () => assert.equal((await running()).match(/ Running/g)?.length, 2));
      const before = (await running()).trim().split("\n");
      await project.docker("kill", container("node3"));
      const meanwhile = await running();
      await heals(project, async () => {});
      const afterwards = await running();
      for (const task of before)
        assert.ok(meanwhile.includes(task) && afterwards.includes(task), `${task} did not keep running`);
    });

    it("does not fail a destroy whose manager is dead", async () => {
      await project.docker("kill", container("node1"));
      await project.mustPulumi("destroy", "--yes", "--skip-preview");
      assert.deepEqual(await project.remains(), []);
    });
  });

  // From an empty testbed, so that as many processes as possible run when pulumi is killed.
  describe("after pulumi was killed while it created four nodes", () => {
    it("no process of the program keeps running", async () => {
      await project.configure({ nodes: "4" });
      await project.upUntil(/node4-machine creating/);
      await eventually(async () => {
        const report = await project.run("node", "swarmbench.mjs", "doctor");
        assert.doesNotMatch(report.text, /left over: process/);
      });
    });
  });
});
