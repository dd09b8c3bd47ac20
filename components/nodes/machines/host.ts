import type { NodeSettings } from "../../../config/nodes.ts";

/** How a machine is reached: as our own ssh configuration says it, or as a file of the user's does. */
export type Way =
  | {
      by: "ours";
      port: number;
      user: string;
      /** File of a private key; where absent, what ssh takes by itself, an agent's included. */
      key?: string;
      /** `user@host` or `user@host:port`. */
      jump?: string;
      /** A command line whose input and output lead there, where a jump does not do. */
      proxyCommand?: string;
      /** The only host keys that are accepted. */
      hostKeys?: string[];
      /** Where host keys are looked up; the user's own file where absent. */
      knownHosts?: string;
      /** Who answers first is trusted, and is remembered. */
      acceptNewHostKeys: boolean;
    }
  | { by: "file"; file: string; port?: number; user?: string };

/** A machine that is there, and is to be a node. */
export interface Host {
  node: NodeSettings;
  /** Its name or address for ssh. */
  address: string;
  way: Way;
  /** IPv4 address on the network between the nodes, where that is known beforehand. */
  dataAddress?: string;
  /** The network of which its address is to be. */
  dataNetwork?: string;
  /** There is no machine yet: in a preview of what will be reserved. */
  imagined?: boolean;
}
