import { KAFKA_METRICS } from "../../telegraf/kafkaMetrics.ts";
import { flux, graph } from "./flux.ts";
import { anyOf } from "./variables.ts";

const BROKER = { broker: anyOf("broker") };
/** An idle time in ns a second, as a share. */
const NS_PER_SECOND_AS_SHARE = 1e-9;

export const brokerNames = flux(
  { from: KAFKA_METRICS.networkProcessors, fields: ["Value"] },
  'keep(columns: ["broker"])',
  "group()",
  'distinct(column: "broker")',
  'sort(columns: ["_value"])',
);

/** Requests per second by type. The type Fetch is left out: it is the sum of the two that say who fetches. */
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

/** Percentiles in ms of the slowest broker. */
export const requestTime = (request: Request) =>
  graph({
    from: KAFKA_METRICS.requestTimes,
    fields: ["50thPercentile", "99thPercentile", "999thPercentile"],
    where: { ...BROKER, name: "TotalTimeMs", request },
    sample: "max",
    merge: "max",
  });

/** p99 in ms, of the parts of a request's time. */
export const timeParts = (request: Request) =>
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

export const networkIdle = graph({
  from: KAFKA_METRICS.networkProcessors,
  fields: ["Value"],
  where: BROKER,
  by: ["broker"],
  sample: "mean",
});

/** Kafka's own figure is a mean of minutes; the idle time that it counts tells each second. */
export const handlersIdle = graph({
  from: KAFKA_METRICS.requestHandlers,
  fields: ["Count"],
  where: { ...BROKER, name: "BrokerRequestHandlerAvgIdlePercent" },
  by: ["broker"],
  perSecond: true,
  sample: "mean",
  scale: NS_PER_SECOND_AS_SHARE,
});

export const queueSizes = graph({
  from: KAFKA_METRICS.requestChannel,
  fields: ["Value"],
  where: { ...BROKER, name: ["RequestQueueSize", "ResponseQueueSize"] },
  by: ["broker", "name"],
  sample: "max",
});

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

/** What any controller says; one that is not active says nothing that is not so. */
export const controllerStates = graph({
  from: KAFKA_METRICS.controller,
  fields: ["Value"],
  where: { name: ["OfflinePartitionsCount", "FencedBrokerCount"] },
  by: ["name"],
  sample: "max",
  merge: "max",
});

export const leaders = graph({
  from: KAFKA_METRICS.replicas,
  fields: ["Value"],
  where: { ...BROKER, name: "LeaderCount" },
  by: ["broker"],
  sample: "last",
});

export const isrChanges = graph({
  from: KAFKA_METRICS.replicas,
  fields: ["Count"],
  where: { ...BROKER, name: ["IsrShrinksPerSec", "IsrExpandsPerSec"] },
  by: ["broker", "name"],
  perSecond: true,
  sample: "max",
});

export const flushRate = graph({
  from: KAFKA_METRICS.logFlush,
  fields: ["Count"],
  where: BROKER,
  by: ["broker"],
  perSecond: true,
  sample: "mean",
});

export const flushTime = graph({
  from: KAFKA_METRICS.logFlush,
  fields: ["50thPercentile", "99thPercentile"],
  where: BROKER,
  by: ["broker"],
  sample: "max",
});

/** Messages, or bytes, or failed requests, per second, of all topics. */
const topicRates = (...name: string[]) =>
  graph({
    from: KAFKA_METRICS.topics,
    fields: ["Count"],
    where: { ...BROKER, name },
    by: ["broker", "name"],
    perSecond: true,
    sample: "mean",
  });

export const messagesIn = topicRates("MessagesInPerSec");
export const traffic = topicRates("BytesInPerSec", "BytesOutPerSec");
export const replication = topicRates("ReplicationBytesInPerSec", "ReplicationBytesOutPerSec");
export const failures = topicRates(
  "FailedProduceRequestsPerSec",
  "FailedFetchRequestsPerSec",
  "BytesRejectedPerSec",
);

export const heapUsed = graph({
  from: KAFKA_METRICS.heap,
  fields: ["HeapMemoryUsage.used"],
  where: BROKER,
  by: ["broker"],
  sample: "max",
});

export const heapLimit = graph({
  from: KAFKA_METRICS.heap,
  fields: ["HeapMemoryUsage.max"],
  where: BROKER,
  sample: "last",
  merge: "max",
});

/** ms of a second that went into collecting. */
export const collecting = graph({
  from: KAFKA_METRICS.garbage,
  fields: ["CollectionTime"],
  where: BROKER,
  by: ["broker", "name"],
  perSecond: true,
  sample: "mean",
});

/** CPUs that a broker's process uses. */
export const processCpu = graph({
  from: KAFKA_METRICS.process,
  fields: ["ProcessCpuTime"],
  where: BROKER,
  by: ["broker"],
  perSecond: true,
  sample: "mean",
  scale: NS_PER_SECOND_AS_SHARE,
});
