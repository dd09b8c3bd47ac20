import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";
import { HEALTHY } from "./swarm.ts";

/** Breaks a running testbed of three nodes in one way; one `up` must heal it, and the next find nothing to do. */
export async function heals(project: TestProject, breakIt: () => Promise<unknown>): Promise<void> {
  await breakIt();
  await project.mustUp();
  assert.deepEqual(await project.swarmNodes(), HEALTHY);
  await project.mustUp("--expect-no-changes");
}
