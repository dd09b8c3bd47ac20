// Ports of Kafka's members, on the overlay network or on their node (`swarm.network`).

/** Ports of a member. `external` is the target of the published `kafka.externalPort`, on the overlay network only. */
export const KAFKA_PORTS = {
  client: 9092,
  controller: 9093,
  internal: 9094,
  external: 9095,
  jolokia: 8778,
  /** Instead of `jolokia`, for a dedicated controller on the nodes' own network: a broker may be on the same node. */
  controllerJolokia: 8779,
} as const;
