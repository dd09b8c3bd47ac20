import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CRASHES, convergesAfter } from "../support/crash.ts";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";
import { HEALTHY } from "../support/swarm.ts";

/** More moments: test/slow/crash.test.ts. */
describe("after pulumi was killed in the middle of an up", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("crash", { nodes: "3", namespace: "e2e" });
  });
  after(() => project.dispose());

  for (const [when, pattern] of [CRASHES.containers, CRASHES.workers]) {
    it(`the next up converges, when ${when}`, () => convergesAfter(project, pattern));
  }

  it("a destroy leaves nothing, whatever pulumi had not written down", async () => {
    await project.upUntil(/node3-machine creating/);
    await project.mustPulumi("cancel", "--yes");
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project.remains(), []);
  });

  it("the doctor finds what is left over, and removes only that", async () => {
    await project.upUntil(/node2-machine creating/);
    await project.docker("volume", "create", "swarmbench-e2e-bystander");
    const labels = [`swarmbench.stack=${project.prefix}`, `swarmbench.owner=${project.directory}`];
    await project.docker(
      "volume",
      "create",
      ...labels.flatMap((label) => ["--label", label]),
      "swarmbench-e2e-stray",
    );
    const report = await project.run("node", "swarmbench.mjs", "doctor");
    assert.equal(report.code, 1);
    assert.match(report.text, /left over: the lock of stack crash/);
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

  it("the doctor leaves alone what a stack uses", async () => {
    const cleaned = await project.run("node", "swarmbench.mjs", "doctor", "--clean");
    assert.match(cleaned.text, /all is well/);
    await project.mustUp("--expect-no-changes");
  });

  it("no process of ours goes on", async () => {
    await project.configure({ nodes: "4" });
    await project.upUntil(/node4-machine creating/);
    await eventually(async () => {
      const report = await project.run("node", "swarmbench.mjs", "doctor");
      assert.doesNotMatch(report.text, /left over: process/);
    });
  });
});
