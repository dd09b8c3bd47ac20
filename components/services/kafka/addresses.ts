// Where Kafka's members listen, and how the other services reach them.
import { KAFKA_PORTS } from "../../../config/kafka/ports.ts";
import type { Member } from "../../../config/kafka/topology.ts";
import type { NetworkName } from "../../../contract/network.ts";

/** The addresses of a member. */
export interface MemberAddress {
  /** The host by which the other members, the agents and the runner reach it: a name on the overlay network, or its node's address. */
  host: string;
  /** The address that it listens on. Empty: all of its container. */
  bind: string;
  jolokiaPort: number;
  /** Whether it is on its node's own network, where ports of the container are ports of the node. */
  isOnHost: boolean;
}

/**
 * Returns the addresses of a member on a network.
 *
 * On the nodes' own network, members listen only on their node's address in the network between the nodes, and are reached by
 * it: Docker's name server knows the tasks of the overlay network only.
 */
export function addressOn(network: NetworkName, { name, node, roles }: Member): MemberAddress {
  if (network === "overlay") {
    return { host: name, bind: "", jolokiaPort: KAFKA_PORTS.jolokia, isOnHost: false };
  }
  const isBroker = roles.includes("broker");
  const jolokiaPort = isBroker ? KAFKA_PORTS.jolokia : KAFKA_PORTS.controllerJolokia;
  return { host: node.address, bind: node.address, jolokiaPort, isOnHost: true };
}
