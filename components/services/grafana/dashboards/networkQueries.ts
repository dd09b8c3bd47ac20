import { MEASUREMENTS } from "../../../../contract/measurements.ts";
import type { NetworkName } from "../../../../contract/network.ts";
import { graph, rows } from "./flux.ts";
import { variable } from "./variables.ts";

const RUN = { run: variable("run") };

/** Of the worst pair of nodes, ms: a line for each network. */
export const roundTrips = (percentile: "rtt_p50" | "rtt_p99") =>
  graph({
    from: MEASUREMENTS.network,
    fields: [percentile],
    where: RUN,
    by: ["network"],
    sample: "max",
    merge: "max",
  });

/** Of each pair of nodes, ms. */
export const pairRoundTrips = (network: NetworkName) =>
  graph({
    from: MEASUREMENTS.network,
    fields: ["rtt_p50"],
    where: { ...RUN, network },
    by: ["from", "to"],
    sample: "max",
  });

/** Share of packets lost, of the worst pair. */
export const loss = graph({
  from: MEASUREMENTS.network,
  fields: ["loss"],
  where: RUN,
  by: ["network"],
  sample: "max",
  merge: "max",
});

/** A row for each pair as it was before the load. */
export const beforeLoad = rows(
  {
    from: MEASUREMENTS.network,
    fields: ["rtt_p50", "rtt_p99", "loss", "throughput", "mtu"],
    where: RUN,
    range: "everything",
  },
  ["network", "from", "to", "rtt_p50", "rtt_p99", "loss", "throughput", "mtu"],
  // What comes during the load has none.
  "filter(fn: (r) => exists r.mtu or exists r.throughput)",
  'sort(columns: ["network", "from", "to"])',
);
