// Estimates from the measured round trips how long a message is on the network.
import type { NetworkName, PairRtt } from "../../contract/network.ts";

/**
 * Estimate of the time that a message spends on a network, in ms: half of the median round trip from its
 * producer's node to a broker's node, plus half of that from there to its consumer's node; the mean of all combinations.
 * Within a node it is 0.
 *
 * @param used the network that brokers and agents use
 * @param endpoints the node of each producer, broker and consumer
 * @returns null if a round trip is missing, or there is no producer, broker or consumer
 */
export function oneWayMs(
  pairs: readonly Pick<PairRtt, "from" | "to" | "network" | "rttMs">[],
  used: NetworkName,
  endpoints: Record<"producers" | "brokers" | "consumers", readonly string[]>,
): number | null {
  const { producers, brokers, consumers } = endpoints;
  const medians = new Map(
    pairs
      .filter(({ network }) => network === used)
      .map(({ from, to, rttMs }) => [`${from} ${to}`, rttMs.p50]),
  );
  const half = (from: string, to: string) => {
    const rtt = from === to ? 0 : medians.get(`${from} ${to}`);
    return rtt === undefined || rtt === null ? Number.NaN : rtt / 2;
  };
  const average = (sources: readonly string[], targets: readonly string[]) => {
    const halves = sources.flatMap((from) => targets.map((to) => half(from, to)));
    return halves.reduce((sum, value) => sum + value, 0) / halves.length;
  };
  const totalMs = average(producers, brokers) + average(brokers, consumers);
  return Number.isFinite(totalMs) ? totalMs : null;
}
