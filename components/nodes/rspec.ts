import * as pulumi from "@pulumi/pulumi";
import type { NodeSettings } from "../../config/nodes.ts";
import type { RspecSettings } from "../../config/testbed/rspec.ts";
import {
  formatError,
  inspectManifests,
  loadManifests,
  manifestError,
  type RspecNode,
} from "../../testbeds/rspec/index.ts";
import { openMachines } from "./kind.ts";
import type { Host } from "./machines/host.ts";
import type { Candidates } from "./machines/open.ts";
import { withHome } from "./machines/sshConfig.ts";

/**
 * The machines of the manifests: node1 is the first one by name, or the first of `testbed.machines`.
 *
 * @throws pulumi.RunError with all errors of the manifests
 */
export async function rspecHosts(
  testbed: RspecSettings,
  nodes: readonly NodeSettings[],
): Promise<Candidates> {
  const { common } = testbed;
  const machines = await readMachines(testbed, nodes.length);
  return {
    common,
    hosts: nodes.flatMap((node, index): Host[] => {
      const machine = machines[index];
      return machine ? [hostOf(node, machine, testbed)] : [];
    }),
  };
}

async function readMachines(testbed: RspecSettings, wanted: number): Promise<RspecNode[]> {
  const { manifests, user, dataNetwork, machines, common } = testbed;
  const files = loadManifests(manifests.map(withHome));
  const { nodes, ignored, errors, notes } = inspectManifests(files, { user, dataNetwork, machines });
  for (const note of notes) await pulumi.log.info(note);
  if (errors.length > 0 || nodes.length < Math.min(wanted, common.minNodes)) {
    const file = manifests.join(", ");
    const tooFew = { file, text: `${nodes.length} usable nodes, but ${wanted} are needed` };
    const all = [...errors, ...ignored, ...(nodes.length < wanted ? [tooFew] : [])];
    throw manifestError(all);
  }
  // A switch or a storage node is no reason for a warning, unless machines are missing.
  const log = nodes.length < wanted ? pulumi.log.warn : pulumi.log.info;
  if (ignored.length > 0) await log(`nodes that are not used:\n${ignored.map(formatError).join("\n")}`);
  return nodes;
}

function hostOf(
  node: NodeSettings,
  { login, address }: RspecNode,
  { key, knownHosts, acceptNewHostKeys }: RspecSettings,
): Host {
  const { host, port, user, jump } = login;
  return {
    node,
    address: host,
    access: {
      by: "settings",
      port,
      user,
      acceptNewHostKeys,
      key,
      knownHosts,
      jump: jump ? `${jump.user}@${jump.host}:${jump.port}` : undefined,
    },
    dataAddress: address,
  };
}

/** Opens a testbed of machines listed in RSpec manifests. */
export const open = openMachines<RspecSettings>(({ testbed, settings }) =>
  rspecHosts(testbed, settings.nodes),
);
