import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";
import { HEALTHY } from "./swarm.ts";

/** Breaks a running testbed of three nodes. One `up` must heal it, and the next one must change nothing. */
export async function heals(project: TestProject, breakIt: () => Promise<unknown>): Promise<void> {
  await breakIt();
  await project.mustUp();
  assert.deepEqual(await project.swarmNodes(), HEALTHY);
  await project.mustUp("--expect-no-changes");
}
