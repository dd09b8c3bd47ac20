import { after, before, describe, it } from "node:test";
import { heals } from "../support/healing.ts";
import { TestProject } from "../support/project.ts";

/** The faults that test/e2e/recovery.test.ts does not test, one after the other. */
describe("pulumi up heals", { concurrency: 1 }, () => {
  let project: TestProject;
  const container = (node: string) => `${project.prefix}-${node}`;
  before(async () => {
    project = await TestProject.create("heal", { nodes: "3", namespace: "e2e" });
    await project.mustUp();
  });
  after(() => project?.dispose());

  it("a worker whose container was killed", () =>
    heals(project, () => project.docker("kill", container("node2"))));

  it("a worker whose container was removed", () =>
    heals(project, () => project.docker("rm", "--force", container("node3"))));

  it("a worker whose container was restarted", () =>
    heals(project, () => project.docker("restart", "--time", "1", container("node2"))));

  it("a worker whose dockerd was killed", () =>
    heals(project, () => project.on("node2", "pkill -KILL -x dockerd")));

  it("a manager whose container was restarted", () =>
    heals(project, () => project.docker("restart", "--time", "1", container("node1"))));

  it("a manager whose container was killed", () =>
    heals(project, () => project.docker("kill", container("node1"))));

  it("a worker that left the swarm", () => heals(project, () => project.on("node2", "docker swarm leave")));

  it("a worker that the manager removed", () =>
    heals(project, () => project.on("node1", "docker node rm --force node3")));

  it("a worker that was drained and lost its label", () =>
    heals(project, () =>
      project.on("node1", "docker node update --availability drain --label-rm role node2"),
    ));
});
