import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../config/nodes.ts";
import type { SshEndpoint } from "../../lib/ssh.ts";

/** A machine that answers over SSH and runs a Docker engine. Nothing past this interface knows where it came from. */
export interface Node {
  /** Its name here: node1, …. */
  name: string;
  /** Its host name, which is its name in the swarm and in what is measured. */
  hostname: string;
  role: Role;
  /** Of the swarm's node, beside those that we set ourselves. */
  labels: Record<string, string>;
  /** IPv4 address on the network between the nodes. */
  address: string;
  ssh: SshEndpoint;
  /** Whether its clock is its own and may be set; a clock that others have too is only compared, never set. */
  ownClock: boolean;
  /**
   * Resolves once SSH and the Docker engine answer, to a text that changes when the machine was made anew.
   * Whoever takes it as an input waits for the node, and checks it again after it was replaced.
   */
  ready: pulumi.Output<string>;
  /** When this is deleted, what runs on the node is gone with it (`deletedWith`). */
  machine: pulumi.Resource;
}

/** Where nodes come from. The first node is the swarm's manager. */
export interface Testbed {
  nodes: [Node, ...Node[]];
  /** When this is deleted, every node is gone with it (`deletedWith`). */
  lifetime: pulumi.Resource;
}
