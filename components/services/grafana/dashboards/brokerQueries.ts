import { KAFKA_METRICS } from "../../telegraf/kafkaMetrics.ts";
import { flux, graph } from "./flux.ts";
import { anyOf } from "./variables.ts";

const BROKER = { broker: anyOf("broker") };
/** Converts nanoseconds per second to a share of 0 to 1, or to CPUs. */
const NS_PER_SECOND_AS_SHARE = 1e-9;

/** The names of all brokers, for the dashboard's variable. */
export const brokerNames = flux(
  { from: KAFKA_METRICS.networkProcessors, fields: ["Value"] },
  'keep(columns: ["broker"])',
  "group()",
  'distinct(column: "broker")',
  'sort(columns: ["_value"])',
);

/** Requests per second by type. The type Fetch is left out, because it is the sum of FetchConsumer and FetchFollower. */
export const requestRates = graph({
  from: KAFKA_METRICS.requests,
  fields: ["Count"],
  where: { ...BROKER, request: "/^(Produce|FetchConsumer|FetchFollower|Metadata|OffsetCommit|Heartbeat)$/" },
  by: ["request"],
  perSecond: true,
  sample: "mean",
  merge: "sum",
});

type Request = "Produce" | "FetchConsumer" | "FetchFollower";

/** Percentiles of the total request time on the slowest broker, in ms. */
export const requestTime = (request: Request) =>
  graph({
    from: KAFKA_METRICS.requestTimes,
    fields: ["50thPercentile", "99thPercentile", "999thPercentile"],
    where: { ...BROKER, name: "TotalTimeMs", request },
    sample: "max",
    merge: "max",
  });

/** p99 of each phase of a request on the slowest broker, in ms. */
export const requestPhases = (request: Request) =>
  graph({
    from: KAFKA_METRICS.requestTimes,
    fields: ["99thPercentile"],
    where: {
      ...BROKER,
      name: [
        "RequestQueueTimeMs",
        "LocalTimeMs",
        "RemoteTimeMs",
        "ResponseQueueTimeMs",
        "ResponseSendTimeMs",
      ],
      request,
    },
    by: ["name"],
    sample: "max",
    merge: "max",
  });

/** Idle share of the network processors, 0 to 1. */
export const networkIdle = graph({
  from: KAFKA_METRICS.networkProcessors,
  fields: ["Value"],
  where: BROKER,
  by: ["broker"],
  sample: "mean",
});

/**
 * Idle share of the request handlers, 0 to 1, from the counted idle time. Kafka's own rates are averages over minutes.
 */
export const handlersIdle = graph({
  from: KAFKA_METRICS.requestHandlers,
  fields: ["Count"],
  where: { ...BROKER, name: "BrokerRequestHandlerAvgIdlePercent" },
  by: ["broker"],
  perSecond: true,
  sample: "mean",
  scale: NS_PER_SECOND_AS_SHARE,
});

/** Requests and responses that wait in the queues. */
export const queueSizes = graph({
  from: KAFKA_METRICS.requestChannel,
  fields: ["Value"],
  where: { ...BROKER, name: ["RequestQueueSize", "ResponseQueueSize"] },
  by: ["broker", "name"],
  sample: "max",
});

/** Partitions with too few replicas in sync, or with offline replicas. */
export const replicaStates = graph({
  from: KAFKA_METRICS.replicas,
  fields: ["Value"],
  where: {
    ...BROKER,
    name: ["UnderReplicatedPartitions", "UnderMinIsrPartitionCount", "OfflineReplicaCount"],
  },
  by: ["name"],
  sample: "max",
  merge: "sum",
});

/** Offline partitions and fenced brokers: the maximum over all controllers, since inactive ones report 0. */
export const controllerStates = graph({
  from: KAFKA_METRICS.controller,
  fields: ["Value"],
  where: { name: ["OfflinePartitionsCount", "FencedBrokerCount"] },
  by: ["name"],
  sample: "max",
  merge: "max",
});

/** Partitions that each broker leads. */
export const leaders = graph({
  from: KAFKA_METRICS.replicas,
  fields: ["Value"],
  where: { ...BROKER, name: "LeaderCount" },
  by: ["broker"],
  sample: "last",
});

/** Replicas that leave and rejoin the ISR, per second. */
export const isrChanges = graph({
  from: KAFKA_METRICS.replicas,
  fields: ["Count"],
  where: { ...BROKER, name: ["IsrShrinksPerSec", "IsrExpandsPerSec"] },
  by: ["broker", "name"],
  perSecond: true,
  sample: "max",
});

/** Log flushes per second. */
export const flushRate = graph({
  from: KAFKA_METRICS.logFlush,
  fields: ["Count"],
  where: BROKER,
  by: ["broker"],
  perSecond: true,
  sample: "mean",
});

/** Percentiles of the time of a log flush, in ms. */
export const flushTime = graph({
  from: KAFKA_METRICS.logFlush,
  fields: ["50thPercentile", "99thPercentile"],
  where: BROKER,
  by: ["broker"],
  sample: "max",
});

/** Messages, bytes or failed requests per second, over all topics. */
const topicRates = (...name: string[]) =>
  graph({
    from: KAFKA_METRICS.topics,
    fields: ["Count"],
    where: { ...BROKER, name },
    by: ["broker", "name"],
    perSecond: true,
    sample: "mean",
  });

/** Messages per second that brokers receive. */
export const messagesIn = topicRates("MessagesInPerSec");
/** Bytes per second from producers and to consumers. */
export const traffic = topicRates("BytesInPerSec", "BytesOutPerSec");
/** Bytes per second between brokers. */
export const replication = topicRates("ReplicationBytesInPerSec", "ReplicationBytesOutPerSec");
/** Failed requests and rejected bytes per second. */
export const failures = topicRates(
  "FailedProduceRequestsPerSec",
  "FailedFetchRequestsPerSec",
  "BytesRejectedPerSec",
);

/** Used Java heap, in bytes. */
export const heapUsed = graph({
  from: KAFKA_METRICS.heap,
  fields: ["HeapMemoryUsage.used"],
  where: BROKER,
  by: ["broker"],
  sample: "max",
});

/** Maximum size of the Java heap, in bytes. */
export const heapLimit = graph({
  from: KAFKA_METRICS.heap,
  fields: ["HeapMemoryUsage.max"],
  where: BROKER,
  sample: "last",
  merge: "max",
});

/** Time spent in garbage collection, in ms per second. */
export const collecting = graph({
  from: KAFKA_METRICS.garbage,
  fields: ["CollectionTime"],
  where: BROKER,
  by: ["broker", "name"],
  perSecond: true,
  sample: "mean",
});

/** CPU usage of each broker's process, in CPUs. */
export const processCpu = graph({
  from: KAFKA_METRICS.process,
  fields: ["ProcessCpuTime"],
  where: BROKER,
  by: ["broker"],
  perSecond: true,
  sample: "mean",
  scale: NS_PER_SECOND_AS_SHARE,
});
