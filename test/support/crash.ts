// Kills Pulumi in the middle of an up, as a power cut would.
import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";
import { HEALTHY } from "./swarm.ts";

type CrashPoint = readonly [when: string, pattern: RegExp];

/** When Pulumi is killed, and the output of `up` at that time. */
export const CRASHES = {
  network: ["the network is being created", /testbed-network creating/],
  containers: ["containers are being created", /node2-machine creating/],
  nodes: ["it waits for the nodes", /node1-ready creating/],
  swarm: ["the swarm is being initialized", /node1-init creating/],
  workers: ["workers are joining", /node2-join creating/],
  registry: ["the overlay network and the registry are being created", /Network bench creating/],
} as const satisfies Record<string, CrashPoint>;

/** Kills an up of three nodes when its output matches the pattern; the next up must converge, and destroy leave nothing. */
export async function convergesAfter(project: TestProject, pattern: RegExp): Promise<void> {
  await project.upUntil(pattern);
  const locked = await project.up();
  assert.notEqual(locked.code, 0);
  assert.match(locked.text, /pulumi cancel/, "pulumi says how to remove the lock");
  await project.mustPulumi("cancel", "--yes");
  await project.mustUp();
  assert.deepEqual(await project.swarmNodes(), HEALTHY);
  await project.mustUp("--expect-no-changes");
  await project.mustPulumi("destroy", "--yes", "--skip-preview");
  assert.deepEqual(await project.remains(), []);
}
