// The counters of a broker since its start, read over JMX by one request.
import { readJolokia } from "./metrics.ts";

/** A counter; null: the broker does not have it. */
type Counter = number | null;

/** Requests of one kind: their number, and the sums of their times, ms. */
export interface RequestCounters {
  count: Counter;
  queueMs: Counter;
  localMs: Counter;
  remoteMs: Counter;
  responseQueueMs: Counter;
  totalMs: Counter;
}

/** The counters of one broker. All but `leaders` and `container` count up from the broker's start. */
export interface BrokerCounters {
  /** Time of the reading, ms of `performance.now()`. */
  atMs: number;
  cpuSec: Counter;
  /** Time of the JIT compiler threads, s. */
  jitSec: Counter;
  gcMs: Counter;
  /** Idle time of the request handler threads, ns; the mean of all of them. */
  handlersIdleNs: Counter;
  /** Idle time of each network thread, ns, by listener. */
  networkIdleNs: Readonly<Record<string, readonly number[]>>;
  produce: RequestCounters;
  fetch: RequestCounters;
  messagesIn: Counter;
  bytesIn: Counter;
  bytesOut: Counter;
  replicationIn: Counter;
  replicationOut: Counter;
  /** Partitions that it leads at the time of the reading. */
  leaders: Counter;
  /** Unclean leader elections of the whole cluster, which every controller counts. Brokers without a controller have none. */
  uncleanElections: Counter;
  /** Short id of its container, which is its host name. */
  container: string | null;
}

/** Reads attributes of MBeans: {@link readJolokia}. A parameter, so that tests can replace it. */
export type ReadMbeans = typeof readJolokia;

const REQUESTS = { produce: "Produce", fetch: "FetchConsumer" } as const;
const TIMES = {
  queueMs: "RequestQueueTimeMs",
  localMs: "LocalTimeMs",
  remoteMs: "RemoteTimeMs",
  responseQueueMs: "ResponseQueueTimeMs",
  totalMs: "TotalTimeMs",
} as const;
const TOPICS = {
  messagesIn: "MessagesInPerSec",
  bytesIn: "BytesInPerSec",
  bytesOut: "BytesOutPerSec",
  replicationIn: "ReplicationBytesInPerSec",
  replicationOut: "ReplicationBytesOutPerSec",
} as const;
/** On a broker that is also a controller, only the first one excludes the controller's threads (KIP-1207, Kafka 4.2). */
const HANDLERS = ["BrokerRequestHandlerAvgIdlePercent", "RequestHandlerAvgIdlePercent"] as const;

const requestTime = (request: string, time: string) =>
  `kafka.network:type=RequestMetrics,name=${time},request=${request}`;

/** CPU time of a JVM since its start, ns (java.lang OperatingSystemMXBean). */
export const CPU_TIME = { mbean: "java.lang:type=OperatingSystem", attribute: "ProcessCpuTime" };
/** Time that a JVM has spent in JIT compilation, ms (java.lang CompilationMXBean). Not every JVM reports it. */
export const JIT_TIME = { mbean: "java.lang:type=Compilation", attribute: "TotalCompilationTime" };

/** Whether a broker restarted between two readings: its counters began again at 0. */
export function hasRestarted(before: BrokerCounters, after: BrokerCounters): boolean {
  return (after.cpuSec ?? 0) < (before.cpuSec ?? 0);
}

/** Every read, by the name used below. Means and counts of Kafka's histograms cover all requests since the start. */
const READS = {
  cpu: CPU_TIME,
  jit: JIT_TIME,
  gc: { mbean: "java.lang:type=GarbageCollector,name=*", attribute: "CollectionTime" },
  host: { mbean: "java.lang:type=Runtime", attribute: "Name" },
  leaders: { mbean: "kafka.server:type=ReplicaManager,name=LeaderCount", attribute: "Value" },
  uncleanElections: {
    mbean: "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec",
    attribute: "Count",
  },
  network: {
    mbean: "kafka.server:type=socket-server-metrics,listener=*,networkProcessor=*",
    attribute: "io-wait-time-ns-total",
  },
  ...Object.fromEntries(
    HANDLERS.map((name) => [
      name,
      { mbean: `kafka.server:type=KafkaRequestHandlerPool,name=${name}`, attribute: "Count" },
    ]),
  ),
  ...Object.fromEntries(
    Object.values(TOPICS).map((name) => [
      name,
      { mbean: `kafka.server:type=BrokerTopicMetrics,name=${name}`, attribute: "Count" },
    ]),
  ),
  ...Object.fromEntries(
    Object.values(REQUESTS).flatMap((request) =>
      Object.values(TIMES).map((time) => {
        const mbean = requestTime(request, time);
        return [mbean, { mbean, attribute: ["Count", "Mean"] }];
      }),
    ),
  ),
};

/** Reads the counters of one broker. @throws Error if its Jolokia agent does not answer */
export async function readBrokerCounters(
  url: string,
  read: ReadMbeans = readJolokia,
): Promise<BrokerCounters> {
  const startedMs = performance.now();
  const values = await read(url, Object.values(READS));
  const byName = new Map(Object.keys(READS).map((name, index) => [name, values[index]]));
  const counter = (name: string) => numberOf(byName.get(name));
  const scaled = (value: Counter, unit: number) => (value === null ? null : value / unit);
  const handlers = HANDLERS.map(counter).find((value) => value !== null);
  const topics = Object.fromEntries(Object.entries(TOPICS).map(([key, name]) => [key, counter(name)]));
  return {
    atMs: (startedMs + performance.now()) / 2,
    cpuSec: scaled(counter("cpu"), 1e9),
    jitSec: scaled(counter("jit"), 1e3),
    gcMs: sumOf(Object.values(byMbean(byName.get("gc"), "CollectionTime"))),
    handlersIdleNs: handlers ?? null,
    networkIdleNs: byListener(byMbean(byName.get("network"), "io-wait-time-ns-total")),
    produce: requestsOf(byName, REQUESTS.produce),
    fetch: requestsOf(byName, REQUESTS.fetch),
    ...(topics as Pick<BrokerCounters, keyof typeof TOPICS>),
    leaders: counter("leaders"),
    uncleanElections: counter("uncleanElections"),
    container: /@([0-9a-f]{12})$/.exec(String(byName.get("host")))?.[1] ?? null,
  };
}

/** The sum of a time is its mean times its count: both are exact in Kafka's histograms, unlike percentiles. */
function requestsOf(values: ReadonlyMap<string, unknown>, request: string): RequestCounters {
  const attribute = (time: string, name: "Count" | "Mean") =>
    numberOf((values.get(requestTime(request, time)) as Record<string, unknown> | undefined)?.[name]);
  const times = Object.entries(TIMES).map(([key, time]) => {
    const [count, mean] = [attribute(time, "Count"), attribute(time, "Mean")];
    return [key, count === null || mean === null ? null : count * mean];
  });
  return { count: attribute(TIMES.totalMs, "Count"), ...Object.fromEntries(times) };
}

/** One attribute of the MBeans that match a pattern. */
function byMbean(value: unknown, attribute: string): Record<string, number> {
  if (typeof value !== "object" || value === null) return {};
  const numbers = Object.entries(value).map(([mbean, attributes]) => [
    mbean,
    numberOf(attributes?.[attribute]),
  ]);
  return Object.fromEntries(numbers.filter(([, number]) => number !== null));
}

function byListener(values: Readonly<Record<string, number>>): Record<string, number[]> {
  const listeners: Record<string, number[]> = {};
  for (const mbean of Object.keys(values).sort()) {
    const listener = /listener=([^,]+)/.exec(mbean)?.[1] ?? "";
    listeners[listener] = [...(listeners[listener] ?? []), values[mbean] as number];
  }
  return listeners;
}

function numberOf(value: unknown): Counter {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function sumOf(values: readonly number[]): Counter {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : null;
}
