import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";

const HEALTHY = ["node1 ready active monitor", "node2 ready active broker", "node3 ready active agent"];

describe("after pulumi was killed in the middle of an up", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("crash", { nodes: "3", namespace: "e2e" });
  });
  after(() => project.dispose());

  async function crashAt(pattern: RegExp): Promise<void> {
    await project.upUntil(pattern);
  }

  const points: [when: string, pattern: RegExp][] = [
    ["the network is being made", /testbed-network creating/],
    ["containers are being made", /node2-machine creating/],
    ["the nodes are waited for", /node1-ready creating/],
    ["the swarm is being made", /node1-init creating/],
    ["workers are joining", /node2-join creating/],
    ["the overlay network and the registry are being made", /Network bench creating/],
  ];
  for (const [when, pattern] of points) {
    it(`the next up converges, when ${when}`, async () => {
      await crashAt(pattern);
      const locked = await project.up();
      assert.notEqual(locked.code, 0);
      assert.match(locked.text, /pulumi cancel/, "pulumi says what to do about the lock");
      await project.mustPulumi("cancel", "--yes");
      await project.mustUp();
      assert.deepEqual(await project.swarmNodes(), HEALTHY);
      await project.mustUp("--expect-no-changes");
      await project.mustPulumi("destroy", "--yes", "--skip-preview");
      assert.deepEqual(await project.remains(), []);
    });
  }

  it("a destroy leaves nothing, whatever pulumi had not written down", async () => {
    await crashAt(/node3-machine creating/);
    await project.mustPulumi("cancel", "--yes");
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project.remains(), []);
  });

  it("the doctor finds what is left over, and removes only that", async () => {
    await crashAt(/node2-machine creating/);
    await project.docker("volume", "create", "swarmbench-e2e-bystander");
    const labels = [`swarmbench.stack=${project.prefix}`, `swarmbench.owner=${project.directory}`];
    await project.docker(
      "volume",
      "create",
      ...labels.flatMap((label) => ["--label", label]),
      "swarmbench-e2e-stray",
    );
    const report = await project.run("node", "tools/doctor.mjs");
    assert.equal(report.code, 1);
    assert.match(report.text, /left over: the lock of stack crash/);
    assert.match(report.text, /left over: volume swarmbench-e2e-stray/);
    assert.doesNotMatch(report.text, /bystander/);
    const cleaned = await project.run("node", "tools/doctor.mjs", "--clean");
    assert.equal(cleaned.code, 0, cleaned.text);
    assert.match((await project.run("node", "tools/doctor.mjs")).text, /all is well/);
    assert.doesNotMatch(await project.docker("volume", "ls"), /swarmbench-e2e-stray/);
    assert.match(await project.docker("volume", "rm", "swarmbench-e2e-bystander"), /bystander/);
    await project.mustUp();
    assert.deepEqual(await project.swarmNodes(), HEALTHY);
  });

  it("the doctor leaves alone what a stack uses", async () => {
    const cleaned = await project.run("node", "tools/doctor.mjs", "--clean");
    assert.match(cleaned.text, /all is well/);
    await project.mustUp("--expect-no-changes");
  });

  it("no process of ours goes on", async () => {
    await project.configure({ nodes: "4" });
    await crashAt(/node4-machine creating/);
    await eventually(async () => {
      const report = await project.run("node", "tools/doctor.mjs");
      assert.doesNotMatch(report.text, /left over: process/);
    });
  });
});
