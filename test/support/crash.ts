// Pulumi killed in the middle of an up, as a power cut would.
import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";
import { HEALTHY } from "./swarm.ts";

type Moment = readonly [when: string, pattern: RegExp];

/** What `up` shows at the moment. */
export const CRASHES = {
  network: ["the network is being made", /testbed-network creating/],
  containers: ["containers are being made", /node2-machine creating/],
  nodes: ["the nodes are waited for", /node1-ready creating/],
  swarm: ["the swarm is being made", /node1-init creating/],
  workers: ["workers are joining", /node2-join creating/],
  registry: ["the overlay network and the registry are being made", /Network bench creating/],
} as const satisfies Record<string, Moment>;

/** An up of three nodes that is killed then, the one after it, and a destroy. */
export async function convergesAfter(project: TestProject, pattern: RegExp): Promise<void> {
  await project.upUntil(pattern);
  const locked = await project.up();
  assert.notEqual(locked.code, 0);
  assert.match(locked.text, /pulumi cancel/, "pulumi says what to do about the lock");
  await project.mustPulumi("cancel", "--yes");
  await project.mustUp();
  assert.deepEqual(await project.swarmNodes(), HEALTHY);
  await project.mustUp("--expect-no-changes");
  await project.mustPulumi("destroy", "--yes", "--skip-preview");
  assert.deepEqual(await project.remains(), []);
}
