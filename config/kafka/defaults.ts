/** Server properties that suit a benchmark's cluster of `brokers` brokers; the configuration's own win over them. */
export function defaultsFor(brokers: number): Record<string, string | number | boolean> {
  const replicas = Math.min(brokers, 3);
  // With two, one broker that restarts would stop every write.
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
    // A benchmark's consumers all start at once: none needs to wait for more of them.
    "group.initial.rebalance.delay.ms": 0,
  };
}
