// What the network's figures tell of a message's way: plain functions on plain data.
import type { PairRtt } from "../../contract/network.ts";

/**
 * What a message spends on the overlay network, about, ms: half of the median round trip from its producer's node to a
 * broker's, and half of that from there to its consumer's. The average over all of them. Within a node it is 0.
 *
 * @param producers, brokers, consumers the node of each, as often as it has one
 * @returns null where a figure is missing, or nobody is there
 */
export function oneWayMs(
  pairs: readonly Pick<PairRtt, "from" | "to" | "network" | "rttMs">[],
  { producers, brokers, consumers }: Record<"producers" | "brokers" | "consumers", readonly string[]>,
): number | null {
  const medians = new Map(
    pairs
      .filter(({ network }) => network === "overlay")
      .map(({ from, to, rttMs }) => [`${from} ${to}`, rttMs.p50]),
  );
  const half = (from: string, to: string) => {
    const rtt = from === to ? 0 : medians.get(`${from} ${to}`);
    return rtt === undefined || rtt === null ? Number.NaN : rtt / 2;
  };
  const average = (froms: readonly string[], tos: readonly string[]) => {
    const halves = froms.flatMap((from) => tos.map((to) => half(from, to)));
    return halves.reduce((sum, value) => sum + value, 0) / halves.length;
  };
  const way = average(producers, brokers) + average(brokers, consumers);
  return Number.isFinite(way) ? way : null;
}
