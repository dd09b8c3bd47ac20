// What is read from a broker through Jolokia, and under which names it is stored.

interface KafkaMetric {
  name: string;
  /** Object names in JMX; `*` stands for any text. */
  mbeans: readonly string[];
  /** `broker`, and keys of the object name. */
  tags: readonly string[];
  /** Attributes, and how one of their values is named. */
  fields: Readonly<Record<string, string>>;
}

const PERCENTILES = { "50thPercentile": "ms", "99thPercentile": "ms", "999thPercentile": "ms" } as const;

/** Requests whose times are kept. Kafka has sixty more, none of them on a message's way. */
const TIMED_REQUESTS = ["Produce", "FetchConsumer", "FetchFollower"] as const;

/**
 * Times and percentiles are Kafka's own, of about the last five minutes, and not of one second.
 * Counts go up from the broker's start.
 */
export const KAFKA_METRICS = {
  /** All topics together. `name`: MessagesInPerSec, BytesInPerSec, … */
  topics: {
    name: "kafka_topics",
    mbeans: ["kafka.server:type=BrokerTopicMetrics,name=*"],
    tags: ["broker", "name"],
    fields: { Count: "messages, bytes or requests, counting up" },
  },
  /** Those that were ever sent, apart by the version of the protocol that the client speaks. */
  requests: {
    name: "kafka_requests",
    mbeans: ["kafka.network:type=RequestMetrics,name=RequestsPerSec,request=*,version=*"],
    tags: ["broker", "request", "version"],
    fields: { Count: "requests, counting up" },
  },
  /** `name`: TotalTimeMs and the parts that it is the sum of. */
  requestTimes: {
    name: "kafka_request_times",
    mbeans: TIMED_REQUESTS.map(
      (request) => `kafka.network:type=RequestMetrics,name=*TimeMs,request=${request}`,
    ),
    tags: ["broker", "name", "request"],
    fields: PERCENTILES,
  },
  networkProcessors: {
    name: "kafka_network_processors",
    mbeans: ["kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent"],
    tags: ["broker"],
    fields: { Value: "share idle, 0 to 1" },
  },
  requestHandlers: {
    name: "kafka_request_handlers",
    mbeans: ["kafka.server:type=KafkaRequestHandlerPool,name=*"],
    tags: ["broker", "name"],
    fields: { Count: "ns idle of one handler, counting up", OneMinuteRate: "share idle, 0 to 1" },
  },
  requestChannel: {
    name: "kafka_request_channel",
    mbeans: ["kafka.network:type=RequestChannel,name=*"],
    tags: ["broker", "name"],
    fields: { Value: "requests" },
  },
  /** `name`: UnderReplicatedPartitions and others have a Value, IsrShrinksPerSec and others a Count. */
  replicas: {
    name: "kafka_replicas",
    mbeans: ["kafka.server:type=ReplicaManager,name=*"],
    tags: ["broker", "name"],
    fields: { Value: "partitions", Count: "events, counting up" },
  },
  /** What the controller says of the cluster; each broker that may be controller says it. */
  controller: {
    name: "kafka_controller",
    mbeans: ["kafka.controller:type=KafkaController,name=*"],
    tags: ["broker", "name"],
    fields: { Value: "partitions, brokers or topics" },
  },
  logFlush: {
    name: "kafka_log_flush",
    mbeans: ["kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs"],
    tags: ["broker"],
    fields: { Count: "flushes, counting up", ...PERCENTILES },
  },
  heap: {
    name: "jvm_memory",
    mbeans: ["java.lang:type=Memory"],
    tags: ["broker"],
    fields: { "HeapMemoryUsage.used": "bytes", "HeapMemoryUsage.max": "bytes" },
  },
  /** `name`: of the collector. */
  garbage: {
    name: "jvm_gc",
    mbeans: ["java.lang:name=*,type=GarbageCollector"],
    tags: ["broker", "name"],
    fields: { CollectionCount: "collections, counting up", CollectionTime: "ms, counting up" },
  },
  process: {
    name: "jvm_process",
    mbeans: ["java.lang:type=OperatingSystem"],
    tags: ["broker"],
    fields: { ProcessCpuTime: "ns, counting up", OpenFileDescriptorCount: "descriptors" },
  },
} as const satisfies Record<string, KafkaMetric>;
