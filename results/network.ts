// Evaluates the network measurements of a run.
import type { NetworkName, Pair, PairRtt } from "../contract/network.ts";
import { type MeasuredStep, measuredSteps, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { meetsSlo } from "../contract/verdicts.ts";
import { medianOf } from "./statistics.ts";
import { stepValues } from "./steps.ts";
import { bitRate } from "./text.ts";

/** The network that brokers and agents of a run used. Runs that do not record it used the overlay network. */
export function usedNetwork({ conditions }: Pick<Run, "conditions">): NetworkName {
  return conditions.settings.network === "host" ? "host" : "overlay";
}

/** The median over the pairs of a network; null if no pair has a value. */
export function medianOver<P extends PairRtt>(
  pairs: readonly P[],
  network: NetworkName,
  select: (pair: P) => number | null,
): number | null {
  return medianOf(pairs.filter((pair) => pair.network === network).map(select));
}

/** All pairs of a network in one row. */
export interface PairsSummary extends Pick<Pair, "sent" | "lost" | "throughputBitPerSec" | "mtu"> {
  rttMs: Pick<Pair["rttMs"], "p50" | "p99">;
}

/** The medians over all pairs of a network, and the sums of their packets. undefined: no pair was measured */
export function overPairs(all: readonly Pair[], network: NetworkName): PairsSummary | undefined {
  const pairs = all.filter((pair) => pair.network === network);
  if (pairs.length === 0) return undefined;
  const median = (select: (pair: Pair) => number | null) => medianOver(pairs, network, select);
  return {
    rttMs: { p50: median(({ rttMs }) => rttMs.p50), p99: median(({ rttMs }) => rttMs.p99) },
    throughputBitPerSec: median((pair) => pair.throughputBitPerSec),
    mtu: median(({ mtu }) => mtu),
    sent: pairs.reduce((sum, { sent }) => sum + sent, 0),
    lost: pairs.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** How much of a step's median latency is due to the network, such as "0.21 ms of 2.9 ms (7 %)". undefined: not measured */
export function networkShare(step: Pick<MeasuredStep, "network" | "latencyMs">): string | undefined {
  const [oneWay, latency] = [step.network?.oneWayMs, step.latencyMs.p50];
  if (oneWay === null || oneWay === undefined || latency === null || latency <= 0) return undefined;
  // Round trips include the probe's wait for a CPU, which takes longer than the packet on a busy machine.
  if (oneWay >= latency)
    return `at most ${formatNumber(oneWay)} ms, which is at least the whole latency of ${formatNumber(latency)} ms: the probes waited for a CPU`;
  const percent = Math.round((100 * oneWay) / latency);
  return `${formatNumber(oneWay)} ms of ${formatNumber(latency)} ms (${percent === 0 && oneWay > 0 ? "less than 1" : percent} %)`;
}

/** The network's share in one sentence: for the largest load that met the SLO, else for the last step that has one. */
export function networkSentence(run: Pick<Run, "steps" | "conditions">): string | undefined {
  const candidates = measuredSteps(run).filter((step) => networkShare(step) !== undefined);
  const good = candidates
    .filter(meetsSlo)
    .toSorted((a, b) => b.offered / b.durationSeconds - a.offered / a.durationSeconds);
  const step = good[0] ?? candidates.at(-1);
  if (!step) return undefined;
  return `the network takes about ${networkShare(step)} of the median latency (at ${stepValues(step)}; estimated as half of the ${usedNetwork(run)} round trips from producer to broker and from broker to consumer, during the load)`;
}

/** How the overlay network compares with the host network; undefined if one of them was not measured. */
export function overlayCost(pairs: readonly Pair[]): string | undefined {
  const both = (select: (pair: Pair) => number | null) => {
    const [host, overlay] = [medianOver(pairs, "host", select), medianOver(pairs, "overlay", select)];
    return host === null || overlay === null || host <= 0 ? undefined : { host, overlay };
  };
  const rtt = both(({ rttMs }) => rttMs.p50);
  const rate = both(({ throughputBitPerSec }) => throughputBitPerSec);
  const texts: string[] = [];
  if (rtt)
    texts.push(
      `a median round trip of ${formatNumber(rtt.overlay)} ms instead of ${formatNumber(rtt.host)} ms (${percent(rtt)})`,
    );
  if (rate)
    texts.push(
      `a throughput of ${bitRate(rate.overlay)} instead of ${bitRate(rate.host)} (${percent(rate)})`,
    );
  return texts.length > 0
    ? `compared with the host network, the overlay network has ${texts.join(" and ")}`
    : undefined;
}

function percent({ host, overlay }: { host: number; overlay: number }): string {
  const change = Math.round((100 * (overlay - host)) / host);
  return `${change >= 0 ? "+" : ""}${change} %`;
}
