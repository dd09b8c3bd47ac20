// The metrics that Telegraf reads from brokers through Jolokia, and the names under which they are stored.

interface KafkaMetric {
  name: string;
  /** Object names in JMX; `*` stands for any text. */
  mbeans: readonly string[];
  /** The tag `broker`, and keys of the object name. */
  tags: readonly string[];
  /** The unit of each attribute. */
  fields: Readonly<Record<string, string>>;
}

const PERCENTILES = { "50thPercentile": "ms", "99thPercentile": "ms", "999thPercentile": "ms" } as const;

/** Requests whose times are stored: the ones on a message's path. Kafka has about sixty more. */
const TIMED_REQUESTS = ["Produce", "FetchConsumer", "FetchFollower"] as const;

/**
 * Metrics of every broker. Kafka computes the times and percentiles over about the last five minutes, not per second.
 * Counts start at 0 when the broker starts.
 */
export const KAFKA_METRICS = {
  /** Totals of all topics. The tag `name` is MessagesInPerSec, BytesInPerSec, … */
  topics: {
    name: "kafka_topics",
    mbeans: ["kafka.server:type=BrokerTopicMetrics,name=*"],
    tags: ["broker", "name"],
    fields: { Count: "messages, bytes or requests, counting up" },
  },
  /** Requests since the start, by the protocol version that the client uses. */
  requests: {
    name: "kafka_requests",
    mbeans: ["kafka.network:type=RequestMetrics,name=RequestsPerSec,request=*,version=*"],
    tags: ["broker", "request", "version"],
    fields: { Count: "requests, counting up" },
  },
  /** The tag `name` is TotalTimeMs or one of the phases that it is the sum of. */
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
  /** Names such as UnderReplicatedPartitions have a Value, names such as IsrShrinksPerSec have a Count. */
  replicas: {
    name: "kafka_replicas",
    mbeans: ["kafka.server:type=ReplicaManager,name=*"],
    tags: ["broker", "name"],
    fields: { Value: "partitions", Count: "events, counting up" },
  },
  /** The controller's view of the cluster, reported by every broker that can become the controller. */
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
  /** The tag `name` is the garbage collector. */
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
