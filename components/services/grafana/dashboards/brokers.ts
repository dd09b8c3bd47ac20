import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as queries from "./brokerQueries.ts";
import { build, type Row } from "./dashboard.ts";
import { FIELD, tag, timePanel } from "./panels.ts";
import { chooseSome } from "./variables.ts";

const BROKER = tag("broker");
const BROKER_AND_NAME = `${BROKER} ${tag("name")}`;
const PERCENTILE_COLOURS = {
  "50thPercentile": "blue",
  "99thPercentile": "orange",
  "999thPercentile": "red",
} as const;

export function brokersDashboard(): dashboard.Dashboard {
  return build(
    "brokers",
    "What the brokers do with their time, and whether they still have any.",
    [chooseSome("broker", "Broker", queries.brokerNames)],
    [requests(), threads(), replication(), log(), traffic(), jvm()],
  );
}

function requests(): Row {
  const time = { unit: "ms", width: 8, scale: "log" } as const;
  const timesOf = [
    ["Produce", "Look at p99: it is what a producer with acks=all waits for."],
    [
      "FetchConsumer",
      "Look at p50 against the consumers' fetch.max.wait.ms: an idle topic is as slow as that.",
    ],
    [
      "FetchFollower",
      "Look for growth: slow followers hold back every acks=all; without replication there are none.",
    ],
  ] as const;
  return {
    title: "Requests",
    panels: [
      timePanel({
        title: "Request rates",
        description:
          "Look whether the mix is what the load should be: many small requests cost more than few large ones.",
        unit: "reqps",
        axis: "requests per second",
        width: 24,
        lines: [{ query: queries.requestRates, legend: tag("request") }],
      }),
      ...timesOf.map(([request, what]) =>
        timePanel({
          ...time,
          title: `${request}: time`,
          description: `${what} Percentiles are the slowest broker's, of some five minutes.`,
          axis: "whole time",
          colours: PERCENTILE_COLOURS,
          lines: [{ query: queries.requestTime(request) }],
        }),
      ),
      ...timesOf.map(([request]) =>
        timePanel({
          ...time,
          title: `${request}: parts of the time (p99)`,
          description:
            "Look which part is largest: queues want more threads, local time is the disk, remote time is the other brokers or the wait for data.",
          axis: "p99 of a part",
          lines: [{ query: queries.timeParts(request), legend: tag("name") }],
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
        description: "Look for less than 30 %: then num.network.threads is what limits the broker.",
        lines: [{ query: queries.networkIdle, legend: BROKER }],
      }),
      timePanel({
        ...idle,
        title: "Request handlers idle",
        description:
          "Look for less than 30 %: then num.io.threads, or the disk behind them, is what limits the broker.",
        lines: [{ query: queries.handlersIdle, legend: BROKER }],
      }),
      timePanel({
        title: "Request and response queues",
        description: "Look for a queue that does not empty: at queued.max.requests the broker stops reading.",
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
        description: "Look for anything above 0 while no broker restarts: a follower does not keep up.",
        lines: [{ query: queries.replicaStates, legend: tag("name") }],
      }),
      timePanel({
        ...partitions,
        title: "Offline partitions, fenced brokers",
        description: "Look for anything above 0: such a partition can neither be written nor read.",
        axis: "partitions or brokers",
        lines: [{ query: queries.controllerStates, legend: tag("name") }],
      }),
      timePanel({
        ...partitions,
        title: "Leaders",
        description: "Look whether the brokers lead about the same number: the one with most has most to do.",
        lines: [{ query: queries.leaders, legend: BROKER }],
      }),
      timePanel({
        title: "ISR shrinks and expands",
        description:
          "Look for a pair that comes again and again: a follower that falls behind under the load.",
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
        description:
          "Look whether flushes are as rare as log.flush.* says: each holds back what is written meanwhile.",
        unit: "ops",
        axis: "flushes per second",
        width: 12,
        lines: [{ query: queries.flushRate, legend: BROKER }],
      }),
      timePanel({
        title: "Log flush time",
        description:
          "Look at p99: it is the disk's answer, and the floor of the produce time where every write is flushed.",
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
        description: "Look whether the brokers take about the same share, and as much as is offered.",
        unit: "short",
        axis: "messages per second",
        width: 12,
        stack: true,
        lines: [{ query: queries.messagesIn, legend: BROKER }],
      }),
      timePanel({
        ...bytes,
        title: "Bytes in and out",
        description: "Look whether out follows in: consumers that fall behind read from the disk later.",
        lines: [{ query: queries.traffic, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        ...bytes,
        title: "Replication traffic",
        description:
          "Look at the network's share that replication takes: with three replicas twice what comes in.",
        lines: [{ query: queries.replication, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        title: "Failed and rejected",
        description: "Look for anything above 0, and for its cause in the broker's log.",
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
        description: "Look whether the valleys rise towards the dashed limit: then kafka.heap is too small.",
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
          "Look for peaks that fall together with those of the latency: nothing is served meanwhile.",
        unit: "ms",
        axis: "ms of a second",
        width: 8,
        lines: [{ query: queries.collecting, legend: BROKER_AND_NAME }],
      }),
      timePanel({
        title: "CPU of the brokers",
        description: "Look whether a broker uses all CPUs of its node, or of its limit.",
        unit: "short",
        axis: "CPUs",
        width: 8,
        lines: [{ query: queries.processCpu, legend: BROKER }],
      }),
    ],
  };
}
