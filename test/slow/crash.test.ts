import { after, before, describe, it } from "node:test";
import { CRASHES, convergesAfter } from "../support/crash.ts";
import { TestProject } from "../support/project.ts";

/** The moments that test/e2e/recovery.test.ts does not test. */
describe("after pulumi was killed in the middle of an up", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("crash", { nodes: "3", namespace: "e2e" });
  });
  after(() => project.dispose());

  for (const [when, pattern] of [
    CRASHES.network,
    CRASHES.containers,
    CRASHES.nodes,
    CRASHES.swarm,
    CRASHES.registry,
  ]) {
    it(`the next up converges if ${when}`, () => convergesAfter(project, pattern));
  }
});
