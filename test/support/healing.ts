import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { TestProject } from "./project.ts";
import { HEALTHY } from "./swarm.ts";

export interface OnSwarm {
  project(): TestProject;
  /** Name of a node's container, and of its volume. */
  container(node: string): string;
}

/** Faults of a running testbed of three nodes, one after the other. */
export function describeHealing(faults: (on: OnSwarm) => void): void {
  describe("pulumi up heals", { concurrency: 1 }, () => {
    let project: TestProject;
    before(async () => {
      project = await TestProject.create("heal", { nodes: "3", namespace: "e2e" });
      await project.mustUp();
    });
    after(() => project.dispose());

    faults({ project: () => project, container: (node) => `${project.prefix}-${node}` });
  });
}

/** Breaks a running testbed of three nodes in one way; one `up` must heal it, and the next find nothing to do. */
export async function heals(project: TestProject, breakIt: () => Promise<unknown>): Promise<void> {
  await breakIt();
  await project.mustUp();
  assert.deepEqual(await project.swarmNodes(), HEALTHY);
  await project.mustUp("--expect-no-changes");
}
