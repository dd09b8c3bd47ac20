import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { build, type Row } from "./dashboard.ts";
import { runNames } from "./latencyQueries.ts";
import * as queries from "./networkQueries.ts";
import { tablePanel, tag, timePanel } from "./panels.ts";
import { chooseOne } from "./variables.ts";

/** The dashboard of the network between the nodes, before and during the load. */
export function networkDashboard(): dashboard.Dashboard {
  return build(
    "network",
    "What the network between the nodes can do when idle, and how it behaves under load.",
    [chooseOne("run", "Run", runNames)],
    [underLoad(), before()],
  );
}

function underLoad(): Row {
  const half = { unit: "ms", axis: "round trip", width: 12, scale: "log" } as const;
  return {
    title: "During the load",
    panels: [
      timePanel({
        ...half,
        title: "Round trips (p50, the worst pair)",
        description:
          "Look for an overlay round trip close to the end-to-end latency: then the result is limited by the network.",
        lines: [{ query: queries.roundTrips("rtt_p50"), legend: tag("network") }],
      }),
      timePanel({
        ...half,
        title: "Round trips (p99, the worst pair)",
        description:
          "Look for both lines rising together: then the nodes are short of CPU, and the network is not the cause.",
        lines: [{ query: queries.roundTrips("rtt_p99"), legend: tag("network") }],
      }),
      timePanel({
        ...half,
        title: "Round trips through the overlay (p50, every pair)",
        description: "Look for one node that is far from all others: everything that runs there is slower.",
        lines: [{ query: queries.pairRoundTrips("overlay"), legend: `${tag("from")} to ${tag("to")}` }],
      }),
      timePanel({
        title: "Loss (the worst pair)",
        description: "Look for values above 0: TCP resends lost packets, which shows up as latency.",
        unit: "percentunit",
        axis: "packets lost",
        width: 12,
        lines: [{ query: queries.loss, legend: tag("network") }],
      }),
    ],
  };
}

function before(): Row {
  return {
    title: "Before the load",
    panels: [
      tablePanel({
        title: "Pairs of nodes",
        description:
          "Look at the cost of the overlay compared to the host network: longer round trips, less throughput, a smaller MTU.",
        unit: "short",
        width: 24,
        height: 12,
        query: queries.beforeLoad,
        columns: {
          rtt_p50: { unit: "ms" },
          rtt_p99: { unit: "ms" },
          loss: { unit: "percentunit" },
          throughput: { unit: "bps" },
          mtu: { unit: "decbytes" },
        },
      }),
    ],
  };
}
