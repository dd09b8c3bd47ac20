// Server properties that other versions and products have, and what replaces them.

const ZOOKEEPER =
  "Kafka 4.0 has no ZooKeeper: swarmbench sets up KRaft controllers (kafka.brokers); leave it out";
const ADDRESS =
  "Kafka has removed it; swarmbench derives the listeners from kafka.externalPort and kafka.security";
const FORMAT = "Kafka 4.0 removed it, because it has only one message format; leave it out";

/** Removed properties, by name or prefix. */
const REMOVED: readonly [pattern: RegExp, explanation: string][] = [
  [/^zookeeper\./, ZOOKEEPER],
  [/^(broker\.id\.generation\.enable|reserved\.broker\.max\.id)$/, ZOOKEEPER],
  [
    /^inter\.broker\.protocol\.version$/,
    "Kafka 4.0 removed it: metadata.version replaces it, and a new cluster has the latest one; leave it out",
  ],
  [/^log\.message\.(format\.version|downconversion\.enable)$/, FORMAT],
  [
    /^log\.message\.timestamp\.difference\.max\.ms$/,
    "Kafka 4.0 removed it; set log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms instead",
  ],
  [
    /^offsets\.commit\.required\.acks$/,
    "Kafka 4.0 removed it: commits of offsets always wait for all in-sync replicas; leave it out",
  ],
  [/^(advertised\.)?(host\.name|port)$/, ADDRESS],
  [/^control\.plane\.listener\.name$/, `${ZOOKEEPER}`],
  [/^controlled\.shutdown\.(max\.retries|retry\.backoff\.ms)$/, "Kafka 4.0 removed it; leave it out"],
  [/^leader\.imbalance\.per\.broker\.percentage$/, "Kafka 4.0 removed it; leave it out"],
  [
    /^delegation\.token\.master\.key$/,
    "Kafka 4.0 calls it delegation.token.secret.key, which is a secret; leave it out",
  ],
  [/^password\.encoder\./, "Kafka 4.0 removed it: it encrypted passwords in ZooKeeper; leave it out"],
  [
    /^quota\.(producer|consumer)\.default$/,
    "Kafka has removed it; set client quotas with kafka-configs.sh once the stack is up",
  ],
  [/^group\.coordinator\.new\.enable$/, "Kafka 4.0 always has the new group coordinator; leave it out"],
];

/** Prefixes of other products' properties. */
const PRODUCTS: readonly [pattern: RegExp, product: string][] = [
  [/^confluent\./, "Confluent Server"],
  [/^(automq|s3)\./, "AutoMQ"],
  [/^redpanda\./, "Redpanda"],
  [/^(cruise\.control|cruisecontrol)\./, "Cruise Control"],
  [/^strimzi\./, "Strimzi"],
  [/^msk\./, "Amazon MSK"],
];

/** The settings that clients have, by the property of Kafka's clients that they replace. */
const CLIENTS: Readonly<Record<string, string>> = {
  acks: "workload.acks",
  "linger.ms": "workload.lingerMs",
  "batch.size": "workload.batchBytes",
  "enable.idempotence": "workload.idempotent",
  "max.in.flight.requests.per.connection": "workload.maxOutstanding",
  "fetch.min.bytes": "workload.fetch.minBytes",
  "fetch.max.wait.ms": "workload.fetch.maxWaitMs",
};

/** Explains a server property that Apache Kafka does not have; undefined if nothing is known about it. */
export function explainProperty(name: string): string | undefined {
  const removed = REMOVED.find(([pattern]) => pattern.test(name))?.[1];
  if (removed !== undefined) return removed;
  const product = PRODUCTS.find(([pattern]) => pattern.test(name))?.[1];
  if (product !== undefined)
    return `it is a property of ${product}, which Apache Kafka does not have; leave it out`;
  const option = Object.hasOwn(CLIENTS, name) ? CLIENTS[name] : undefined;
  return option && `it is a property of clients, not of the server; set ${option} instead`;
}
