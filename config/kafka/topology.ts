import type { Role } from "../nodes.ts";

/** The properties of a node that decide where Kafka's members run. */
export interface KafkaNode {
  name: string;
  address: string;
  role: Role;
}

/** The properties of a node that decide whether they fit. */
export type Place = Pick<KafkaNode, "name" | "role">;

export type MemberRole = "broker" | "controller";

/** One Kafka server: a service of the swarm, pinned to its node. */
export interface Member {
  /** `broker-1`, …; `controller-1`, …. */
  name: string;
  /** Kafka's `node.id`. */
  id: number;
  node: KafkaNode;
  roles: [MemberRole, ...MemberRole[]];
}

export interface ClusterPlan {
  members: Member[];
  /** The members that store the cluster's metadata and vote on it. */
  voters: Member[];
  /**
   * Another text, other voters: `1` one combined server, `3c` three of them, `3d` three dedicated controllers. They are
   * part of what is stored (a static quorum).
   */
  shape: "1" | "3c" | "3d";
}

/** Far from any broker's id. */
const FIRST_CONTROLLER_ID = 1001;
const CONTROLLERS = 3;

/**
 * Plans the cluster's members and assigns them to nodes, one broker a node.
 *
 * Nodes that come last move no member, which would leave its data behind, as long as three nodes are for something else
 * than brokers. Another number of brokers is another cluster, which starts empty.
 *
 * @throws Error with one sentence where the brokers do not fit; see {@link placementError}
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

/** Why so many brokers do not fit on these nodes, and what to set; undefined where they do. */
export function placementError({
  brokers,
  nodes,
}: {
  brokers: number;
  nodes: readonly Place[];
}): string | undefined {
  const places = brokerNodes(nodes);
  if (brokers <= places.length) return undefined;
  const ofRole = hasBrokerNodes(nodes) ? " of role broker" : "";
  const names = places.map(({ name }) => name).join(", ");
  const there = `there ${places.length === 1 ? "is" : "are"} ${places.length} (${names})`;
  return (
    `kafka.brokers: ${brokers} broker${brokers === 1 ? "" : "s"} need ${brokers} node${brokers === 1 ? "" : "s"}${ofRole}, ${there}; ` +
    `set kafka.brokers to ${places.length} or less, or have more nodes (swarmbench:nodes` +
    `${ofRole ? ", or role: broker for one in swarmbench:testbed.perNode" : ""})`
  );
}

function hasBrokerNodes(nodes: readonly Place[]): boolean {
  return nodes.some(({ role }) => role === "broker");
}

/** Nodes that may run a broker, in order: all of role broker, or any node if there is none. */
function brokerNodes<T extends Place>(nodes: readonly T[]): T[] {
  if (hasBrokerNodes(nodes)) return nodes.filter(({ role }) => role === "broker");
  return [...withRole(nodes, "agent"), ...withRole(nodes, "monitor")];
}

/** Each on a node of its own, without a broker where there are such; never by how many brokers there are. */
function controllerMembers(nodes: readonly KafkaNode[]): Member[] {
  const places = hasBrokerNodes(nodes)
    ? [...nodes.filter(({ role }) => role !== "broker"), ...withRole(nodes, "broker").reverse()]
    : brokerNodes(nodes).reverse();
  return places.slice(0, CONTROLLERS).map((node, index) => ({
    name: `controller-${index + 1}`,
    id: FIRST_CONTROLLER_ID + index,
    node,
    roles: ["controller"],
  }));
}

function withRole<T extends Place>(nodes: readonly T[], role: Role): T[] {
  return nodes.filter((node) => node.role === role);
}
