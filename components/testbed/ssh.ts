import type { NodeSettings } from "../nodeSettings";
import type { Host } from "./hosts/host";
import type { Candidates } from "./hosts/open";
import type { SshSettings } from "./settings";

/** The machines that the scenario lists. */
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
          ...{ node, address },
          way: sshConfig
            ? { by: "file", file: sshConfig, ...(port ? { port } : {}), ...(user ? { user } : {}) }
            : {
                ...{ by: "ours", port: port ?? 22, user: user ?? "root", acceptNewHostKeys },
                ...(key ? { key } : {}),
                ...(jump ? { jump } : {}),
                ...(hostKey ? { hostKeys: [hostKey] } : {}),
                ...(knownHosts ? { knownHosts } : {}),
              },
          ...(dataAddress ? { dataAddress } : {}),
          ...(dataNetwork ? { dataNetwork } : {}),
        },
      ];
    }),
  };
}
