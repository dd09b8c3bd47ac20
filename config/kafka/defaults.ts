/** Replicas of a topic that sets no number of its own. @param config server properties of the configuration */
export function defaultReplicas(brokers: number, config: Record<string, unknown> = {}): number {
  const all: Record<string, unknown> = { ...defaultsFor(brokers), ...config };
  return Number(all["default.replication.factor"]);
}

/** Returns default server properties for a benchmark's cluster with this number of brokers. The configuration overrides them. */
export function defaultsFor(brokers: number): Record<string, string | number | boolean> {
  const replicas = Math.min(brokers, 3);
  // With two brokers and two in sync, a restart of one broker would block all writes.
  const inSync = brokers >= 3 ? 2 : 1;
  return {
    "auto.create.topics.enable": false,
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    // All consumers of a benchmark start at once, so there is no need to wait for more of them.
    "group.initial.rebalance.delay.ms": 0,
    // The controller writes an empty record this often, which all brokers fetch: at Kafka's 0.5 s much of an idle cluster's work.
    "metadata.max.idle.interval.ms": 5_000,
  };
}
