import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../config/nodes.ts";
import type { SshEndpoint } from "../../lib/ssh.ts";

/** A machine with SSH and a Docker engine. Code that uses this interface does not depend on the kind of testbed. */
export interface Node {
  /** Name in the stack: node1, node2, …. */
  name: string;
  /** Host name of the machine, which is its name in the swarm and in results. */
  hostname: string;
  role: Role;
  /** Labels of the swarm node, in addition to those that every node gets. */
  labels: Record<string, string>;
  /** IPv4 address on the network between the nodes. */
  address: string;
  ssh: SshEndpoint;
  /** Name of its container on the machine that runs Pulumi; absent: it is a machine of its own. */
  container?: string;
  /** Whether the node has its own clock that may be set. A clock shared with other nodes is compared but never set. */
  ownClock: boolean;
  /**
   * Resolves once SSH and the Docker engine answer, to a text that changes when the machine was replaced. A resource with
   * this input waits for the node and runs again after a replacement.
   */
  ready: pulumi.Output<string>;
  /** Deleting this resource removes everything on the node (`deletedWith`). */
  machine: pulumi.Resource;
}

/** A source of nodes. The first node is the swarm's manager. */
export interface Testbed {
  nodes: [Node, ...Node[]];
  /** Deleting this resource removes every node (`deletedWith`). */
  lifetime: pulumi.Resource;
}
