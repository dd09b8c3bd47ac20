import type { BrokerMetrics, MachineMetrics } from "../../contract/resources.ts";

/** A broker with room in every resource. */
export function brokerMetrics(changes: Partial<BrokerMetrics> = {}): BrokerMetrics {
  const requests = {
    perSec: 100,
    queueMs: 0.1,
    localMs: 0.4,
    remoteMs: 0.5,
    responseQueueMs: 0.05,
    totalMs: 1.2,
  };
  return {
    name: "broker-1",
    node: "node2",
    cpus: 0.4,
    cpuLimit: 2,
    throttled: 0,
    handlersIdle: 0.9,
    networkThreadsIdle: 0.8,
    produce: requests,
    fetch: requests,
    messagesPerSec: 1_000,
    bytesInPerSec: 200_000,
    bytesOutPerSec: 200_000,
    replicationInPerSec: 0,
    replicationOutPerSec: 0,
    messagesPerProduce: 10,
    bytesPerProduce: 2_000,
    bytesPerFetch: 2_000,
    gc: 0.01,
    leaders: 12,
    linkInBitPerSec: 1e9,
    linkOutBitPerSec: 1e9,
    ...changes,
  };
}

/** A machine of a broker and of agents, with room in every resource. */
export function machineMetrics(changes: Partial<MachineMetrics> = {}): MachineMetrics {
  return {
    nodes: ["node2"],
    brokers: ["broker-1"],
    agents: ["producers.1", "consumers.1"],
    cpus: 2,
    cpusBusy: 0.8,
    cpusStolen: 0.01,
    pressure: { cpu: 0.05, io: 0.01, memory: 0 },
    disk: { readPerSec: 0, writtenPerSec: 1e6, busy: 0.02 },
    ...changes,
  };
}
