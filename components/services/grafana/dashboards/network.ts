import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { build, type Row } from "./dashboard.ts";
import { runNames } from "./latencyQueries.ts";
import * as queries from "./networkQueries.ts";
import { tablePanel, tag, timePanel } from "./panels.ts";
import { chooseOne } from "./variables.ts";

export function networkDashboard(): dashboard.Dashboard {
  return build(
    "network",
    "What the network between the nodes can do, and what becomes of it under load.",
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
        description: "Look whether the overlay's line nears the delay: then the network is what is measured.",
        lines: [{ query: queries.roundTrips("rtt_p50"), legend: tag("network") }],
      }),
      timePanel({
        ...half,
        title: "Round trips (p99, the worst pair)",
        description: "Look whether both lines rise together: then nodes lack CPUs rather than a network.",
        lines: [{ query: queries.roundTrips("rtt_p99"), legend: tag("network") }],
      }),
      timePanel({
        ...half,
        title: "Round trips through the overlay (p50, every pair)",
        description: "Look for one node that is far from all others: it delays whatever runs there.",
        lines: [{ query: queries.pairRoundTrips("overlay"), legend: `${tag("from")} to ${tag("to")}` }],
      }),
      timePanel({
        title: "Loss (the worst pair)",
        description: "Look for anything above 0: TCP hides lost packets in longer delays.",
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
          "Look at the overlay's cost: longer round trips, less throughput, and a smaller MTU than the host's.",
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
