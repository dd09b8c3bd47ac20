import type { Settings } from "../../config/settings.ts";
import type { TestbedSettings } from "../../config/testbed/index.ts";
import type { Exec } from "../../lib/exec.ts";
import type { Installation } from "../lib/installation.ts";
import type { Owner } from "../lib/ownership.ts";
import { type InspectableNode, inspectSwarm } from "../swarm/swarmState.ts";
import type { Opened, OpenTestbed } from "./kind.ts";

/** Milliseconds to wait for nodes that run but do not answer, or are not ready in the swarm yet. */
const INSPECT_TIMEOUT_MS = 20_000;

/**
 * Inspects the machines, reports every error, and declares the testbed of the settings.
 *
 * @throws SwarmbenchError `testbed-failed` with every conflict with other users of this machine, or with every unusable machine
 */
export async function openTestbed(
  settings: Settings,
  installation: Installation,
  owner: Owner,
  exec: Exec,
): Promise<Opened> {
  const inspectSwarmOf = (nodes: InspectableNode[]) =>
    inspectSwarm(settings.nodes[0].name, nodes, {
      exec,
      timeoutMs: INSPECT_TIMEOUT_MS,
      now: Date.now,
      sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    });
  const { testbed } = settings;
  const open = await openerOf(testbed.kind);
  return open({ settings, testbed, installation, owner, exec, inspectSwarm: inspectSwarmOf });
}

/**
 * Loads the `open` function of a kind of testbed from the file of the same name.
 *
 * The import is by name so that config/testbed/index.ts remains the only list of kinds. A test imports all of them.
 */
export async function openerOf(kind: TestbedSettings["kind"]): Promise<OpenTestbed> {
  const component = (await import(`./${kind}.ts`)) as { open: OpenTestbed };
  return component.open;
}
