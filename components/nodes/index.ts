import type { Settings } from "../../config/settings.ts";
import type { Exec } from "../../lib/exec.ts";
import type { Installation } from "../lib/installation.ts";
import type { Testbed } from "../lib/node.ts";
import type { Owner } from "../lib/ownership.ts";
import { readSettings } from "../lib/stackConfig.ts";
import { observeSwarm, type SwarmState } from "../swarm/swarmState.ts";
import { openLocal } from "./local/openLocal.ts";
import { type Candidates, openHosts } from "./machines/open.ts";
import { oarHosts } from "./oar.ts";
import { rspecHosts } from "./rspec.ts";
import { sshHosts } from "./ssh.ts";

/** How long nodes that run but do not answer, or are not ready in the swarm yet, are waited for. */
const PATIENCE_MS = 20_000;

export interface Opened {
  /** As they were given, but for nodes that had to be left out. */
  settings: Settings;
  testbed: Testbed;
  swarmState: SwarmState;
}

/**
 * Looks at what there is, says what is wrong with it, and declares the testbed that the settings ask for.
 *
 * @throws pulumi.RunError with every clash between what the stack would take and what others have, or with every machine that is
 *   no good
 */
export async function openTestbed(
  settings: Settings,
  installation: Installation,
  owner: Owner,
  exec: Exec,
): Promise<Opened> {
  const observe = (nodes: Parameters<typeof observeSwarm>[1]) =>
    observeSwarm(settings.nodes[0].name, nodes, {
      exec,
      patienceMs: PATIENCE_MS,
      now: Date.now,
      sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    });
  const { testbed } = settings;
  if (testbed.kind === "local") {
    return {
      settings,
      ...(await openLocal({ settings, local: testbed, installation, owner, exec, observe })),
    };
  }
  const candidates = await candidatesOf(testbed, settings, installation, owner);
  const opened = await openHosts(candidates, { settings, installation, owner, without: readSettings });
  const running = opened.good.filter(
    ({ report }) => report?.engine !== undefined && report.mark !== undefined,
  );
  const swarmState = await observe(running.map(({ host, ssh }) => ({ name: host.node.name, ssh })));
  return { settings: opened.settings, testbed: opened.declare(), swarmState };
}

async function candidatesOf(
  testbed: Exclude<Settings["testbed"], { kind: "local" }>,
  settings: Settings,
  installation: Installation,
  owner: Owner,
): Promise<Candidates> {
  const { nodes } = settings;
  switch (testbed.kind) {
    case "ssh":
      return sshHosts(testbed, nodes);
    case "rspec":
      return rspecHosts(testbed, nodes);
    case "oar":
      return oarHosts({ settings, testbed, installation, owner });
  }
}
