// What the component of every kind of testbed offers: `open`, exported by components/nodes/<kind>.ts.
import type { Settings } from "../../config/settings.ts";
import type { TestbedSettings } from "../../config/testbed/index.ts";
import type { Exec } from "../../lib/exec.ts";
import type { Installation } from "../lib/installation.ts";
import type { Testbed } from "../lib/node.ts";
import type { Owner } from "../lib/ownership.ts";
import { readSettings } from "../lib/stackConfig.ts";
import type { Observable, SwarmState } from "../swarm/swarmState.ts";
import { type Candidates, openHosts } from "./machines/open.ts";

/** What a testbed is opened with; `T` are the settings of its kind. */
export interface OpenArgs<T extends TestbedSettings = TestbedSettings> {
  settings: Settings;
  testbed: T;
  installation: Installation;
  owner: Owner;
  exec: Exec;
  /** Asks nodes that run already for the state of their swarm. */
  observe: (nodes: Observable[]) => Promise<SwarmState>;
}

/** A testbed that was declared, with what was found on it before. */
export interface Opened {
  /** As they were given, except for nodes that had to be left out. */
  settings: Settings;
  testbed: Testbed;
  swarmState: SwarmState;
}

/**
 * Inspects the machines of a testbed, reports everything that is wrong with them, and declares the testbed.
 *
 * @throws pulumi.RunError with every error, before anything was changed
 */
export type OpenTestbed<T extends TestbedSettings = TestbedSettings> = (args: OpenArgs<T>) => Promise<Opened>;

/**
 * Opens a testbed whose nodes are machines that are reached over SSH.
 *
 * @param find returns the machines that are to be the nodes
 */
export function openMachines<T extends TestbedSettings>(
  find: (args: OpenArgs<T>) => Candidates | Promise<Candidates>,
): OpenTestbed<T> {
  return async (args) => {
    const { settings, installation, owner, observe } = args;
    const candidates = await find(args);
    const opened = await openHosts(candidates, { settings, installation, owner, without: readSettings });
    const running = opened.good.filter(
      ({ report }) => report?.engine !== undefined && report.mark !== undefined,
    );
    const swarmState = await observe(running.map(({ host, ssh }) => ({ name: host.node.name, ssh })));
    return { settings: opened.settings, testbed: opened.declare(), swarmState };
  };
}
