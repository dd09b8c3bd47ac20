import { it } from "node:test";
import { describeHealing, heals } from "../support/healing.ts";

/** The faults that test/e2e/healing.test.ts leaves out. */
describeHealing(({ project, container }) => {
  it("a worker whose container was killed", () =>
    heals(project(), () => project().docker("kill", container("node2"))));

  it("a worker whose container was removed", () =>
    heals(project(), () => project().docker("rm", "--force", container("node3"))));

  it("a worker whose container was restarted", () =>
    heals(project(), () => project().docker("restart", "--time", "1", container("node2"))));

  it("a worker whose dockerd was killed", () =>
    heals(project(), () => project().on("node2", "pkill -KILL -x dockerd")));

  it("a manager whose container was restarted", () =>
    heals(project(), () => project().docker("restart", "--time", "1", container("node1"))));

  it("a manager whose container was killed", () =>
    heals(project(), () => project().docker("kill", container("node1"))));

  it("a worker that the manager removed", () =>
    heals(project(), () => project().on("node1", "docker node rm --force node3")));

  it("a worker that was drained and lost its label", () =>
    heals(project(), () =>
      project().on("node1", "docker node update --availability drain --label-rm role node2"),
    ));
});
