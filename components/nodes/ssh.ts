import type { NodeSettings } from "../../config/nodes.ts";
import type { SshSettings } from "../../config/testbed/ssh.ts";
import { openMachines } from "./kind.ts";
import type { Host } from "./machines/host.ts";
import type { Candidates } from "./machines/open.ts";

/** The machines listed in the scenario, in order: the first one is node1. */
function sshHosts(testbed: SshSettings, nodes: readonly NodeSettings[]): Candidates {
  const { hosts, acceptNewHostKeys, knownHosts, sshConfig, dataNetwork, common } = testbed;
  return {
    common,
    hosts: nodes.flatMap((node, index): Host[] => {
      const host = hosts[index];
      if (!host) return [];
      const { address, user, port, key, jump, hostKey, dataAddress } = host;
      return [
        {
          node,
          address,
          access: sshConfig
            ? { by: "file", file: sshConfig, port, user }
            : {
                by: "settings",
                port: port ?? 22,
                user: user ?? "root",
                acceptNewHostKeys,
                key,
                jump,
                hostKeys: hostKey ? [hostKey] : undefined,
                knownHosts,
              },
          dataAddress,
          dataNetwork,
        },
      ];
    }),
  };
}

/** Opens a testbed of machines listed in the scenario. */
export const open = openMachines<SshSettings>(({ testbed, settings }) => sshHosts(testbed, settings.nodes));
