import type { Role } from "../../config/nodes.ts";
import type { Node } from "./node.ts";

/**
 * The node that a part which keeps data is pinned to: the first of the role, else the manager. A volume is on one
 * node, so a task that swarm moved elsewhere would find an empty one.
 */
export function homeOf(role: Role, nodes: readonly [Node, ...Node[]]): Node {
  return nodes.find((node) => node.role === role) ?? nodes[0];
}
