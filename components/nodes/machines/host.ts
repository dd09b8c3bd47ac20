import type { NodeSettings } from "../../../config/nodes.ts";

/** How to connect to a machine: with an ssh configuration generated from settings, or with the user's own ssh configuration file. */
export type SshAccess =
  | {
      by: "settings";
      port: number;
      user: string;
      /** Private key file. @default ssh's own choice, including agents */
      key?: string;
      /** `user@host` or `user@host:port`. */
      jump?: string;
      /** ProxyCommand of ssh, for cases that a jump host does not cover. */
      proxyCommand?: string;
      /** The only accepted host keys. Absent: see `knownHosts`. */
      hostKeys?: string[];
      /** File with known host keys. @default ~/.ssh/known_hosts */
      knownHosts?: string;
      /** Whether an unknown host key is accepted at the first connection, and stored. */
      acceptNewHostKeys: boolean;
    }
  | { by: "file"; file: string; port?: number; user?: string };

/** A machine to use as a node. */
export interface Host {
  node: NodeSettings;
  /** Host name or address for ssh. */
  address: string;
  access: SshAccess;
  /** IPv4 address on the network between the nodes, if configured. */
  dataAddress?: string;
  /** Network that contains the node's address, in CIDR notation. */
  dataNetwork?: string;
  /** Whether the machine does not exist yet, in the preview of a reservation. @default false */
  isPlaceholder?: boolean;
}
