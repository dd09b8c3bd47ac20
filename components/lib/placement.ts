import type { Role } from "../../config/nodes.ts";
import type { Node } from "./node.ts";

/**
 * The node for a service that stores data: the first node of the role, or the manager if there is none. Such services are
 * pinned because a volume exists on one node only: a task that swarm moves elsewhere starts with an empty volume.
 */
export function homeOf(role: Role, nodes: readonly [Node, ...Node[]]): Node {
  return nodes.find((node) => node.role === role) ?? nodes[0];
}

/** The nodes for a service that swarm spreads over a role: all nodes of the role, or the manager if there is none. */
export function nodesOf(role: Role, nodes: readonly [Node, ...Node[]]): Node[] {
  const ofRole = nodes.filter((node) => node.role === role);
  return ofRole.length > 0 ? ofRole : [nodes[0]];
}
