import { LatencyHistogram } from "../../contract/histogram.ts";
import type { NetworkName, Pair } from "../../contract/network.ts";

/** A pair whose round trips all took `ms` milliseconds. */
export function pair(
  from: string,
  to: string,
  network: NetworkName,
  ms: number,
  more: Partial<Pair> = {},
): Pair {
  const rtt = new LatencyHistogram();
  rtt.record(ms * 1_000);
  const [sent, lost] = [200, 0];
  return {
    from,
    to,
    network,
    rttMs: rtt.distribution(),
    sent,
    lost,
    throughputBitPerSec: network === "host" ? 10e9 : 6e9,
    mtu: network === "host" ? 1_500 : 1_450,
    error: null,
    ...more,
  };
}
/** Every pair of these nodes; on the host network it takes half of the time. */
export const between = (nodes: readonly string[], overlayMs: number) =>
  nodes.flatMap((from) =>
    nodes
      .filter((to) => to !== from)
      .flatMap((to) => [pair(from, to, "host", overlayMs / 2), pair(from, to, "overlay", overlayMs)]),
  );
export const names = (count: number) => Array.from({ length: count }, (_, index) => `node${index + 1}`);
