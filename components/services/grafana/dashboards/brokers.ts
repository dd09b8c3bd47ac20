import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { SAMPLED_SEC } from "../../telegraf/metrics.ts";
import * as queries from "./brokerQueries.ts";
import { build, type Row } from "./dashboard.ts";
import * as panels from "./panels.ts";
import { FIELD, tag } from "./panels.ts";
import { chooseSome } from "./variables.ts";

const BROKER = tag("broker");
const BROKER_AND_NAME = `${BROKER} ${tag("name")}`;
const PERCENTILE_COLOURS = {
  "50thPercentile": "blue",
  "99thPercentile": "orange",
  "999thPercentile": "red",
} as const;

const timePanel: typeof panels.timePanel = (panel) =>
  panels.timePanel({ everySec: SAMPLED_SEC.brokers, ...panel });

/** The dashboard of the brokers: requests, threads, replication, log, traffic, JVM. */
export function brokersDashboard(): dashboard.Dashboard {
  return build(
    "brokers",
    "How the brokers spend their time, and how much capacity they have left.",
    [chooseSome("broker", "Broker", queries.brokerNames)],
    [requests(), threads(), replication(), log(), traffic(), jvm()],
  );
}

function requests(): Row {
  const time = { unit: "ms", width: 8, scale: "log" } as const;
  const timesOf = [
    ["Produce", "Look at p99: producers with acks=all wait this long."],
    [
      "FetchConsumer",
      "Look at p50: on an idle topic it is about the consumers' fetch.max.wait.ms, which is harmless.",
    ],
    [
      "FetchFollower",
      "Look for growth: slow followers delay every acks=all request. Empty without replication.",
    ],
  ] as const;
  return {
    title: "Requests",
    panels: [
      timePanel({
        title: "Request rates",
        description: "Look at the mix of requests: many small requests cost more than a few large ones.",
        unit: "reqps",
        axis: "requests per second",
        width: 24,
        lines: [{ query: queries.requestRates, legend: tag("request") }],
      }),
      ...timesOf.map(([request, what]) =>
        timePanel({
          ...time,
          title: `${request}: time`,
          description: `${what} Percentiles are those of the slowest broker, over about five minutes.`,
          axis: "total time",
          colours: PERCENTILE_COLOURS,
          lines: [{ query: queries.requestTime(request) }],
        }),
      ),
      ...timesOf.map(([request]) =>
        timePanel({
          ...time,
          title: `${request}: time by phase (p99)`,
          description:
            "Look for the largest phase: long queue times need more threads, local time is disk time, remote time is waiting for other brokers or for data.",
          axis: "p99 of a phase",
          lines: [{ query: queries.requestPhases(request), legend: tag("name") }],
        }),
      ),
    ],
  };
}

function threads(): Row {
  const idle = { unit: "percentunit", axis: "idle", width: 8, max: 1 } as const;
  return {
    title: "Threads and queues",
    panels: [
      timePanel({
        ...idle,
        title: "Network processors idle",
        description: "Look for values below 30 %: the broker is limited by num.network.threads.",
        lines: [{ query: queries.networkIdle, legend: BROKER }],
      }),
      timePanel({
        ...idle,
        title: "Request handlers idle",
        description: "Look for values below 30 %: the broker is limited by num.io.threads or by the disk.",
        lines: [{ query: queries.handlersIdle, legend: BROKER }],
      }),
      timePanel({
        title: "Request and response queues",
        description:
          "Look for a queue that never empties: at queued.max.requests the broker stops reading from the network.",
        unit: "short",
        axis: "requests",
        width: 8,
        lines: [{ query: queries.queueSizes, legend: BROKER_AND_NAME }],
      }),
    ],
  };
}

function replication(): Row {
  const partitions = { unit: "short", axis: "partitions", width: 6, steps: true } as const;
  return {
    title: "Replication",
    panels: [
      timePanel({
        ...partitions,
        title: "Under-replicated partitions",
        description: "Look for values above 0 while no broker restarts: a follower is falling behind.",
        lines: [{ query: queries.replicaStates, legend: tag("name") }],
      }),
      timePanel({
        ...partitions,
        title: "Offline partitions, fenced brokers",
        description: "Look for values above 0: an offline partition can neither be written nor read.",
        axis: "partitions or brokers",
        lines: [{ query: queries.controllerStates, legend: tag("name") }],
      }),
      timePanel({
        ...partitions,
        title: "Leaders",
        description: "Look for an uneven distribution: the broker with the most leaders has the most work.",
        lines: [{ query: queries.leaders, legend: BROKER }],
      }),
      timePanel({
        title: "ISR shrinks and expands",
        description: "Look for repeated shrinks and expands: a follower falls behind under load.",
        unit: "short",
        axis: "per second",
        width: 6,
        lines: [{ query: queries.isrChanges, legend: BROKER_AND_NAME }],
      }),
    ],
  };
}

function log(): Row {
  return {
    title: "Log",
    panels: [
      timePanel({
        title: "Log flushes",
        description: "Look for more flushes than log.flush.* asks for: each flush delays concurrent writes.",
        unit: "ops",
        axis: "flushes per second",
        width: 12,
        lines: [{ query: queries.flushRate, legend: BROKER }],
      }),
      timePanel({
        title: "Log flush time",
        description:
          "Look at p99: it shows how fast the disk is. If every write is flushed, no produce request is faster.",
        unit: "ms",
        axis: "time of a flush",
        width: 12,
        scale: "log",
        lines: [{ query: queries.flushTime, legend: `${BROKER} ${FIELD}` }],
      }),
    ],
  };
}

function traffic(): Row {
  const bytes = { unit: "Bps", axis: "bytes per second", width: 12 } as const;
  return {
    title: "Traffic",
    panels: [
      timePanel({
        title: "Messages in",
        description: "Look for uneven shares, and for a total below the offered load.",
        unit: "short",
        axis: "messages per second",
        width: 12,
        stack: true,
        lines: [{ query: queries.messagesIn, legend: BROKER }],
      }),
      timePanel({
        ...bytes,
        title: "Bytes in and out",
        description:
          "Look for bytes out that lag behind bytes in: consumers that fall behind have to read from disk later.",
        lines: [{ query: queries.traffic, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        ...bytes,
        title: "Replication traffic",
        description:
          "Look at the traffic that replication adds: with three replicas, twice the incoming bytes.",
        lines: [{ query: queries.replication, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        title: "Failed and rejected",
        description: "Look for values above 0; the broker's log has the cause.",
        unit: "short",
        axis: "per second",
        width: 12,
        lines: [{ query: queries.failures, legend: BROKER_AND_NAME }],
      }),
    ],
  };
}

function jvm(): Row {
  return {
    title: "Java",
    panels: [
      timePanel({
        title: "Heap",
        description: "Look for minima that rise towards the dashed limit: kafka.heap is too small.",
        unit: "bytes",
        axis: "heap",
        width: 8,
        lines: [
          { query: queries.heapUsed, legend: BROKER },
          { query: queries.heapLimit, legend: "limit", colour: "red", limit: true },
        ],
      }),
      timePanel({
        title: "Garbage collection",
        description:
          "Look for peaks that coincide with latency peaks: the broker pauses during garbage collection.",
        unit: "ms",
        axis: "ms per second",
        width: 8,
        lines: [{ query: queries.collecting, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        title: "CPU of the brokers",
        description: "Look for a broker that uses all CPUs of its node or all of its CPU limit.",
        unit: "short",
        axis: "CPUs",
        width: 8,
        lines: [{ query: queries.processCpu, legend: BROKER }],
      }),
    ],
  };
}
