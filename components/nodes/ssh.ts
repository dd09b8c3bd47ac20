import type { NodeSettings } from "../../config/nodes.ts";
import type { SshSettings } from "../../config/testbed/ssh.ts";
import { openMachines } from "./kind.ts";
import type { Host } from "./machines/host.ts";
import type { Candidates } from "./machines/open.ts";

/** The machines that the scenario lists: node1 is the first. */
export function sshHosts(testbed: SshSettings, nodes: readonly NodeSettings[]): Candidates {
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
          way: sshConfig
            ? { by: "file", file: sshConfig, port, user }
            : {
                by: "ours",
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

/** Opens a testbed of machines that the scenario lists. */
export const open = openMachines<SshSettings>(({ testbed, settings }) => sshHosts(testbed, settings.nodes));
