// What a run's measurements of the network say.
import type { NetworkName, Pair, PairRtt } from "../contract/network.ts";
import { type MeasuredStep, measuredSteps, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { meetsSlo } from "../contract/verdicts.ts";
import { medianOfKnown } from "./statistics.ts";
import { stepValues } from "./steps.ts";
import { bitRate } from "./text.ts";

/** The median over the pairs of a network; null when no pair has the figure. */
export function medianOver<P extends PairRtt>(
  pairs: readonly P[],
  network: NetworkName,
  select: (pair: P) => number | null,
): number | null {
  return medianOfKnown(pairs.filter((pair) => pair.network === network).map(select));
}

export interface PairsSummary extends Pick<Pair, "sent" | "lost" | "throughputBitPerSec" | "mtu"> {
  rttMs: Pick<Pair["rttMs"], "p50" | "p99">;
}

/** All pairs of a network as if they were one: medians, and the packets of all. undefined: none was measured */
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

/** "0.21 ms of 2.9 ms (7 %)": how much of a step's median latency is network. undefined: either was not measured */
export function networkShare(step: Pick<MeasuredStep, "network" | "latencyMs">): string | undefined {
  const [way, latency] = [step.network?.oneWayMs, step.latencyMs.p50];
  if (way === null || way === undefined || latency === null || latency <= 0) return undefined;
  // Probes are programs too: where CPUs are short they wait longer than a packet travels.
  if (way >= latency)
    return `at most ${formatNumber(way)} ms, which is no less than all of ${formatNumber(latency)} ms: probes waited for a CPU`;
  const percent = Math.round((100 * way) / latency);
  return `${formatNumber(way)} ms of ${formatNumber(latency)} ms (${percent === 0 && way > 0 ? "less than 1" : percent} %)`;
}

/** The network's share in one sentence: of the heaviest step that met the SLO, else of the last that has one. */
export function networkSentence(run: Pick<Run, "steps">): string | undefined {
  const telling = measuredSteps(run).filter((step) => networkShare(step) !== undefined);
  const good = telling
    .filter(meetsSlo)
    .toSorted((a, b) => b.offered / b.durationSeconds - a.offered / a.durationSeconds);
  const step = good[0] ?? telling.at(-1);
  if (!step) return undefined;
  return `at the median, about ${networkShare(step)} of the latency is network (${stepValues(step)}; half the overlay's round trips from producer to broker to consumer, during the load)`;
}

/** What the overlay costs against the network below it; undefined when one of them was not measured. */
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
  return texts.length > 0 ? `the overlay network has ${texts.join(", and ")}` : undefined;
}

function percent({ host, overlay }: { host: number; overlay: number }): string {
  const change = Math.round((100 * (overlay - host)) / host);
  return `${change >= 0 ? "+" : ""}${change} %`;
}
