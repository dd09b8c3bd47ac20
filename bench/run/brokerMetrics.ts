// The metrics of one broker between two readings of its counters.
import type { BrokerMetrics } from "../../contract/resources.ts";
import { type BrokerCounters, hasRestarted, type RequestCounters } from "../kafka/brokerCounters.ts";
import type { MachineCounters } from "../probe/protocol.ts";

/** What is known about a broker besides its counters. */
export type BrokerPlace = Pick<
  BrokerMetrics,
  "name" | "node" | "cpuLimit" | "linkInBitPerSec" | "linkOutBitPerSec"
>;

/** The throttling of containers, by short container id. */
type Throttling = MachineCounters["throttling"];

/** The metrics of a broker. A metric is null if a reading lacks it; all are null if the broker restarted. */
export function brokerMetrics(
  place: BrokerPlace,
  before: BrokerCounters | undefined,
  after: BrokerCounters | undefined,
  throttling: { before: Throttling; after: Throttling },
): BrokerMetrics {
  const restarted = before && after && hasRestarted(before, after);
  const [from, to] = restarted ? [undefined, undefined] : [before, after];
  const seconds = from && to ? (to.atMs - from.atMs) / 1_000 : 0;
  const increase = (key: NumberKey) => difference(from?.[key], to?.[key]);
  const perSec = (key: NumberKey, unit = 1) => ratio(increase(key), seconds * unit);
  const requests = {
    produce: difference(from?.produce.count, to?.produce.count),
    fetch: difference(from?.fetch.count, to?.fetch.count),
  };
  return {
    ...place,
    cpus: perSec("cpuSec"),
    throttled: throttledShare(after?.container ?? null, throttling),
    handlersIdle: share(perSec("handlersIdleNs", 1e9)),
    networkThreadsIdle: networkIdle(from, to, seconds),
    produce: requestMetrics(from?.produce, to?.produce, seconds),
    fetch: requestMetrics(from?.fetch, to?.fetch, seconds),
    messagesPerSec: perSec("messagesIn"),
    bytesInPerSec: perSec("bytesIn"),
    bytesOutPerSec: perSec("bytesOut"),
    replicationInPerSec: perSec("replicationIn"),
    replicationOutPerSec: perSec("replicationOut"),
    messagesPerProduce: ratio(increase("messagesIn"), requests.produce),
    bytesPerProduce: ratio(increase("bytesIn"), requests.produce),
    bytesPerFetch: ratio(increase("bytesOut"), requests.fetch),
    gc: share(perSec("gcMs", 1_000)),
    leaders: to?.leaders ?? null,
  };
}

type NumberKey = {
  [K in keyof BrokerCounters]: BrokerCounters[K] extends number | null ? K : never;
}[keyof BrokerCounters];

function requestMetrics(
  from: RequestCounters | undefined,
  to: RequestCounters | undefined,
  seconds: number,
): BrokerMetrics["produce"] {
  const count = difference(from?.count, to?.count);
  const mean = (key: keyof RequestCounters) => ratio(difference(from?.[key], to?.[key]), count);
  return {
    perSec: ratio(count, seconds),
    queueMs: mean("queueMs"),
    localMs: mean("localMs"),
    remoteMs: mean("remoteMs"),
    responseQueueMs: mean("responseQueueMs"),
    totalMs: mean("totalMs"),
  };
}

/**
 * The idle share of the network threads of the busiest listener. Each listener has its own threads, and Kafka's own
 * NetworkProcessorAvgIdlePercent is the mean over all listeners, which idle listeners raise.
 */
function networkIdle(
  from: BrokerCounters | undefined,
  to: BrokerCounters | undefined,
  seconds: number,
): number | null {
  if (!from || !to || seconds <= 0) return null;
  const shares = Object.entries(to.networkIdleNs).flatMap(([listener, after]) => {
    const before = from.networkIdleNs[listener];
    if (before?.length !== after.length) return [];
    const idleNs = after.map((ns, thread) => ns - (before[thread] ?? ns));
    return [idleNs.reduce((sum, ns) => sum + ns, 0) / after.length / 1e9 / seconds];
  });
  return shares.length > 0 ? share(Math.min(...shares)) : null;
}

function throttledShare(
  container: string | null,
  { before, after }: { before: Throttling; after: Throttling },
): number | null {
  const [from, to] = container === null ? [] : [before[container], after[container]];
  if (!from || !to) return null;
  return ratio(difference(from.throttled, to.throttled), difference(from.periods, to.periods));
}

function difference(from: number | null | undefined, to: number | null | undefined): number | null {
  return typeof from === "number" && typeof to === "number" && to >= from ? to - from : null;
}

function ratio(value: number | null, total: number | null): number | null {
  return value === null || total === null || total <= 0 ? null : value / total;
}

/** Limits a share to 0 to 1. Threads that were idle while a reading was taken make it slightly larger than 1. */
function share(value: number | null): number | null {
  return value === null ? null : Math.min(1, Math.max(0, value));
}
