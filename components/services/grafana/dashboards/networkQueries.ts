import { MEASUREMENTS } from "../../../../contract/measurements.ts";
import type { NetworkName } from "../../../../contract/network.ts";
import { graph, rows } from "./flux.ts";
import { variable } from "./variables.ts";

const RUN = { run: variable("run") };

/** Round trip of the worst pair of nodes in ms, a line for each network. */
export const roundTrips = (percentile: "rtt_p50" | "rtt_p99") =>
  graph({
    from: MEASUREMENTS.network,
    fields: [percentile],
    where: RUN,
    by: ["network"],
    sample: "max",
    merge: "max",
  });

/** Round trip of each pair of nodes, in ms. */
export const pairRoundTrips = (network: NetworkName) =>
  graph({
    from: MEASUREMENTS.network,
    fields: ["rtt_p50"],
    where: { ...RUN, network },
    by: ["from", "to"],
    sample: "max",
  });

/** Share of lost packets of the worst pair of nodes, 0 to 1. */
export const loss = graph({
  from: MEASUREMENTS.network,
  fields: ["loss"],
  where: RUN,
  by: ["network"],
  sample: "max",
  merge: "max",
});

/** A row for each pair of nodes, measured before the load. */
export const beforeLoad = rows(
  {
    from: MEASUREMENTS.network,
    fields: ["rtt_p50", "rtt_p99", "loss", "throughput", "mtu"],
    where: RUN,
    range: "everything",
  },
  ["network", "from", "to", "rtt_p50", "rtt_p99", "loss", "throughput", "mtu"],
  // Points measured during the load have neither field.
  "filter(fn: (r) => exists r.mtu or exists r.throughput)",
  'sort(columns: ["network", "from", "to"])',
);
