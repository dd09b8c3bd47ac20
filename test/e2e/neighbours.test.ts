import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestProject } from "../support/project.ts";

/** What must not happen is the same for every mistake and clash: anything at all. */
async function refuses(project: TestProject, ...reasons: RegExp[]): Promise<void> {
  const before = await project.docker("ps", "--all", "--quiet");
  const result = await project.up();
  assert.notEqual(result.code, 0);
  for (const reason of reasons) assert.match(result.text, reason);
  assert.match(result.text, /nothing was changed/);
  assert.equal(await project.docker("ps", "--all", "--quiet"), before);
}

describe("pulumi up refuses, and changes nothing", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("refuse", { nodes: "1", namespace: "e2e" });
  });
  after(() => project.dispose());

  it("a configuration with mistakes, and names them all at once", async () => {
    await project.configure({ nodez: "3", "testbed.kind": "local", "testbed.memory": "2 GB" });
    await refuses(project, /nodez: no such setting/, /testbed\.memory: expected a number/);
    await project.must("pulumi", "config", "rm", "--stack", project.stack, "nodez");
    await project.must("pulumi", "config", "rm", "--stack", project.stack, "testbed", "--path");
  });

  it("an SSH port that something listens on", async () => {
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as { port: number };
    await project.configure({ "testbed.kind": "local", "testbed.sshPortBase": String(port) });
    await refuses(project, new RegExp(`127\\.0\\.0\\.1:${port}.*sshPortBase`));
    server.close();
    await project.must("pulumi", "config", "rm", "--stack", project.stack, "testbed", "--path");
  });

  it("a network that another Docker network overlaps", async () => {
    await project.docker("network", "create", "--subnet", "10.250.0.0/16", "swarmbench-e2e-other");
    try {
      await project.configure({ "testbed.kind": "local", "testbed.subnet": "10.250.3.0/24" });
      await refuses(project, /swarmbench-e2e-other has 10\.250\.0\.0\/16.*testbed\.subnet/);
    } finally {
      await project.docker("network", "rm", "swarmbench-e2e-other");
      await project.must("pulumi", "config", "rm", "--stack", project.stack, "testbed", "--path");
    }
  });
});

describe("two checkouts on one machine", { concurrency: 1 }, () => {
  let first: TestProject;
  let second: TestProject;
  before(async () => {
    first = await TestProject.create("pair", { nodes: "1", namespace: "e2e" });
    second = await TestProject.create("pair", { nodes: "1", namespace: "e2e" });
    await first.mustUp();
  });
  after(async () => {
    await second.dispose();
    await first.dispose();
  });

  it("do not take each other's names: the second is told who has them", () =>
    refuses(second, new RegExp(`runs from ${first.directory}.*swarmbench:namespace`)));

  it("live side by side under two namespaces", async () => {
    await second.configure({ namespace: "e2etoo" });
    await second.mustUp();
    assert.deepEqual(await second.swarmNodes(), ["node1 ready active monitor"]);
    await first.mustUp("--expect-no-changes");
  });

  it("are destroyed one by one: the other stays as it is", async () => {
    await second.mustPulumi("destroy", "--yes", "--skip-preview");
    await first.mustUp("--expect-no-changes");
    assert.deepEqual(await first.swarmNodes(), ["node1 ready active monitor"]);
  });
});
