import type { Settings } from "../../config/settings.ts";
import type { TestbedSettings } from "../../config/testbed/index.ts";
import type { Exec } from "../../lib/exec.ts";
import type { Installation } from "../lib/installation.ts";
import type { Owner } from "../lib/ownership.ts";
import { type Observable, observeSwarm } from "../swarm/swarmState.ts";
import type { Opened, OpenTestbed } from "./kind.ts";

/** How long to wait for nodes that run but do not answer, or are not ready in the swarm yet. */
const PATIENCE_MS = 20_000;

/**
 * Inspects what there is, reports what is wrong with it, and declares the testbed that the settings ask for.
 *
 * @throws pulumi.RunError with every clash between what the stack would take and what others have, or with every machine
 *   that cannot be used
 */
export async function openTestbed(
  settings: Settings,
  installation: Installation,
  owner: Owner,
  exec: Exec,
): Promise<Opened> {
  const observe = (nodes: Observable[]) =>
    observeSwarm(settings.nodes[0].name, nodes, {
      exec,
      timeoutMs: PATIENCE_MS,
      now: Date.now,
      sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    });
  const { testbed } = settings;
  const open = await openerOf(testbed.kind);
  return open({ settings, testbed, installation, owner, exec, observe });
}

/**
 * The component of a kind of testbed: `open` in the file of its name.
 *
 * It is found by its name so that the list in config/testbed/index.ts remains the only one; a test imports all of them.
 */
export async function openerOf(kind: TestbedSettings["kind"]): Promise<OpenTestbed> {
  const component = (await import(`./${kind}.ts`)) as { open: OpenTestbed };
  return component.open;
}
