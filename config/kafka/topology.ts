import type { Role } from "../nodes.ts";

/** The properties of a node that decide where Kafka's members run. */
export interface KafkaNode {
  name: string;
  address: string;
  role: Role;
}

/** The properties of a node that decide whether members fit on it. */
export type PlacementNode = Pick<KafkaNode, "name" | "role">;

/** A role of a Kafka server (`process.roles`). */
export type MemberRole = "broker" | "controller";

/** One Kafka server: a service of the swarm, pinned to its node. */
export interface Member {
  /** `broker-1`, … or `controller-1`, … */
  name: string;
  /** Kafka's `node.id`. */
  id: number;
  node: KafkaNode;
  roles: [MemberRole, ...MemberRole[]];
}

/** The members of a cluster and their nodes. */
export interface ClusterPlan {
  members: Member[];
  /** The members that store the cluster's metadata and form the quorum. */
  voters: Member[];
  /**
   * Identifies the voters: `1` one combined server, `3c` three combined servers, `3d` three dedicated controllers. The
   * quorum is static, so the voters are part of the stored data.
   */
  shape: "1" | "3c" | "3d";
}

/** Well above the ids of brokers. */
const FIRST_CONTROLLER_ID = 1001;
const CONTROLLERS = 3;

/**
 * Plans the cluster's members and assigns them to nodes, one broker per node.
 *
 * Adding nodes at the end moves no member away from its data, as long as at least three nodes do not have the role
 * broker. Changing the number of brokers creates a new, empty cluster.
 *
 * @throws Error if the brokers do not fit; see {@link placementError}
 */
export function planCluster({
  brokers,
  nodes,
}: {
  brokers: number;
  nodes: readonly KafkaNode[];
}): ClusterPlan {
  const error = placementError({ brokers, nodes });
  if (error) throw new Error(error);
  const shape = brokers < 3 ? "1" : brokers === 3 ? "3c" : "3d";
  const isVoter = (index: number) => (shape === "1" ? index === 0 : shape === "3c");
  const brokerMembers = brokerNodes(nodes)
    .slice(0, brokers)
    .map((node, index): Member => {
      const roles: Member["roles"] = isVoter(index) ? ["broker", "controller"] : ["broker"];
      return { name: `broker-${index + 1}`, id: index + 1, node, roles };
    });
  const controllers = shape === "3d" ? controllerMembers(nodes) : [];
  const members = [...controllers, ...brokerMembers];
  return { members, voters: members.filter(({ roles }) => roles.includes("controller")), shape };
}

/** Returns an error if the brokers do not fit on the nodes, with the settings that fix it; otherwise undefined. */
export function placementError({
  brokers,
  nodes,
}: {
  brokers: number;
  nodes: readonly PlacementNode[];
}): string | undefined {
  const candidates = brokerNodes(nodes);
  if (brokers <= candidates.length) return undefined;
  const ofRole = hasBrokerNodes(nodes) ? " of role broker" : "";
  const names = candidates.map(({ name }) => name).join(", ");
  const available = `there ${candidates.length === 1 ? "is" : "are"} ${candidates.length} (${names})`;
  return (
    `kafka.brokers: ${brokers} broker${brokers === 1 ? "" : "s"} need ${brokers} node${brokers === 1 ? "" : "s"}${ofRole}, but ${available}; ` +
    `lower kafka.brokers to ${candidates.length}, or add nodes (swarmbench:nodes` +
    `${ofRole ? ", or role: broker in swarmbench:testbed.perNode" : ""})`
  );
}

function hasBrokerNodes(nodes: readonly PlacementNode[]): boolean {
  return nodes.some(({ role }) => role === "broker");
}

/** The nodes that may run a broker, in order: all of role broker, or any node if there is none. */
function brokerNodes<T extends PlacementNode>(nodes: readonly T[]): T[] {
  if (hasBrokerNodes(nodes)) return nodes.filter(({ role }) => role === "broker");
  return [...withRole(nodes, "agent"), ...withRole(nodes, "monitor")];
}

/**
 * Dedicated controllers, each on its own node, preferably one without the role broker. Their nodes do not depend on the
 * number of brokers.
 */
function controllerMembers(nodes: readonly KafkaNode[]): Member[] {
  const candidates = hasBrokerNodes(nodes)
    ? [...nodes.filter(({ role }) => role !== "broker"), ...withRole(nodes, "broker").reverse()]
    : brokerNodes(nodes).reverse();
  return candidates.slice(0, CONTROLLERS).map((node, index) => ({
    name: `controller-${index + 1}`,
    id: FIRST_CONTROLLER_ID + index,
    node,
    roles: ["controller"],
  }));
}

function withRole<T extends PlacementNode>(nodes: readonly T[], role: Role): T[] {
  return nodes.filter((node) => node.role === role);
}
