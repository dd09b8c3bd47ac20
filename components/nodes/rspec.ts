import * as pulumi from "@pulumi/pulumi";
import type { NodeSettings } from "../../config/nodes.ts";
import type { RspecSettings } from "../../config/testbed/rspec.ts";
import { inspectManifests, loadManifests, RspecError, type RspecNode } from "../../testbeds/rspec/index.ts";
import { openMachines } from "./kind.ts";
import type { Host } from "./machines/host.ts";
import type { Candidates } from "./machines/open.ts";
import { withHome } from "./machines/sshConfig.ts";

/**
 * The machines of the manifests, ordered by name: the first one is node1.
 *
 * @throws pulumi.RunError with all errors of the manifests
 */
async function rspecHosts(testbed: RspecSettings, nodes: readonly NodeSettings[]): Promise<Candidates> {
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
  const { manifests, user, dataNetwork, common } = testbed;
  const inspection = read(() =>
    inspectManifests(loadManifests(manifests.map(withHome)), {
      now: new Date(),
      user,
      dataNetwork,
    }),
  );
  for (const note of inspection.notes) await pulumi.log.info(note);
  const { nodes, rejected, errors } = inspection;
  const bad = rejected.flatMap(({ file, name, errors: why }) =>
    why.map((text) => ({ file, node: name, text })),
  );
  if (errors.length > 0 || nodes.length < Math.min(wanted, common.minNodes)) {
    const few = {
      file: manifests.join(", "),
      text: `${nodes.length} usable nodes, but ${wanted} are needed`,
    };
    const lines = new RspecError([...errors, ...bad, ...(nodes.length < wanted ? [few] : [])]);
    throw new pulumi.RunError(lines.message);
  }
  for (const { file, node, text } of bad) await pulumi.log.warn(`${file}: ${node}: left out: ${text}`);
  return nodes;
}

function read<T>(reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    throw error instanceof RspecError ? new pulumi.RunError(error.message) : error;
  }
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
