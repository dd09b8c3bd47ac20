// Every kind of testbed exports a function `open` from components/nodes/<kind>.ts.
import type { Settings } from "../../config/settings.ts";
import type { TestbedSettings } from "../../config/testbed/index.ts";
import type { Exec } from "../../lib/exec.ts";
import type { Installation } from "../lib/installation.ts";
import type { Testbed } from "../lib/node.ts";
import type { Owner } from "../lib/ownership.ts";
import { readSettings } from "../lib/stackConfig.ts";
import type { InspectableNode, SwarmState } from "../swarm/swarmState.ts";
import { type Candidates, openHosts } from "./machines/open.ts";

/** Arguments of `open`. `T` is the type of the testbed's settings. */
interface OpenArgs<T extends TestbedSettings = TestbedSettings> {
  settings: Settings;
  testbed: T;
  installation: Installation;
  owner: Owner;
  exec: Exec;
  /** Inspects the swarm membership of running nodes. */
  inspectSwarm: (nodes: InspectableNode[]) => Promise<SwarmState>;
}

/** A declared testbed and its state before the declaration. */
export interface Opened {
  /** The settings, without nodes that had to be left out. */
  settings: Settings;
  testbed: Testbed;
  swarmState: SwarmState;
}

/**
 * Inspects the machines of a testbed, reports every error, and declares the testbed.
 *
 * @throws SwarmbenchError `testbed-failed` with every error, before anything was changed
 */
export type OpenTestbed<T extends TestbedSettings = TestbedSettings> = (args: OpenArgs<T>) => Promise<Opened>;

/**
 * Returns the `open` function of a testbed whose nodes are machines with SSH.
 *
 * @param find returns the machines to use as nodes
 */
export function openMachines<T extends TestbedSettings>(
  find: (args: OpenArgs<T>) => Candidates | Promise<Candidates>,
): OpenTestbed<T> {
  return async (args) => {
    const { settings, installation, owner, inspectSwarm } = args;
    const candidates = await find(args);
    const opened = await openHosts(candidates, { settings, installation, owner, without: readSettings });
    const running = opened.usable.filter(
      ({ report }) => report?.engine !== undefined && report.mark !== undefined,
    );
    const swarmState = await inspectSwarm(running.map(({ host, ssh }) => ({ name: host.node.name, ssh })));
    return { settings: opened.settings, testbed: opened.declare(), swarmState };
  };
}
