// What a run's figures of the network say: plain functions and sentences.
import type { NetworkName, Pair, PairRtt } from "../../contract/network.ts";
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { figure, valuesText } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";
import { compareRanks, type Difference, medianOf } from "../compare/difference.ts";

/** The median over the pairs of a network; null where no pair has the figure. */
export function medianOver<P extends PairRtt>(
  pairs: readonly P[],
  network: NetworkName,
  of: (pair: P) => number | null,
): number | null {
  const values = pairs
    .filter((pair) => pair.network === network)
    .map(of)
    .filter((value) => value !== null);
  return values.length > 0 ? medianOf(values) : null;
}

/** All pairs of a network as if they were one: medians, and the packets of all. undefined: none was measured */
export function overPairs(
  all: readonly Pair[],
  network: NetworkName,
):
  | (Pick<Pair, "sent" | "lost" | "throughputBitPerSec" | "mtu"> & {
      rttMs: Pick<Pair["rttMs"], "p50" | "p99">;
    })
  | undefined {
  const pairs = all.filter((pair) => pair.network === network);
  if (pairs.length === 0) return undefined;
  const median = (of: (pair: Pair) => number | null) => medianOver(pairs, network, of);
  return {
    rttMs: { p50: median(({ rttMs }) => rttMs.p50), p99: median(({ rttMs }) => rttMs.p99) },
    throughputBitPerSec: median((pair) => pair.throughputBitPerSec),
    mtu: median(({ mtu }) => mtu),
    sent: pairs.reduce((sum, { sent }) => sum + sent, 0),
    lost: pairs.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** "0.21 ms of 2.9 ms (7 %)": what of a step's median delay is network. undefined: it was not watched, or had no delay */
export function networkShare(step: Pick<MeasuredStep, "network" | "delayMs">): string | undefined {
  const [way, delay] = [step.network?.oneWayMs, step.delayMs.p50];
  if (way === null || way === undefined || delay === null || delay <= 0) return undefined;
  // Probes are programs too: where CPUs are short they wait longer than a packet travels.
  if (way >= delay)
    return `at most ${figure(way)} ms, which is no less than all of ${figure(delay)} ms: probes waited for a CPU`;
  const percent = Math.round((100 * way) / delay);
  return `${figure(way)} ms of ${figure(delay)} ms (${percent === 0 && way > 0 ? "less than 1" : percent} %)`;
}

/** One sentence: of the heaviest step that met the SLO, else of the last that tells. */
export function networkSentence(run: Pick<Run, "steps">): string | undefined {
  const telling = measuredSteps(run).filter((step) => networkShare(step) !== undefined);
  const good = telling
    .filter(meetsSlo)
    .toSorted((a, b) => b.offered / b.durationSeconds - a.offered / a.durationSeconds);
  const step = good[0] ?? telling.at(-1);
  if (!step) return undefined;
  const which = valuesText(step.values as StepValues);
  return `at the median, about ${networkShare(step)} of the delay is network (${which}; half the overlay's round trips from producer to broker to consumer, during the load)`;
}

/** What the overlay costs against the network that it is on; undefined where one of them was not measured. */
export function overlayCost(pairs: readonly Pair[]): string | undefined {
  const both = (of: (pair: Pair) => number | null) => {
    const [host, overlay] = [medianOver(pairs, "host", of), medianOver(pairs, "overlay", of)];
    return host === null || overlay === null || host <= 0 ? undefined : { host, overlay };
  };
  const rtt = both(({ rttMs }) => rttMs.p50);
  const rate = both(({ throughputBitPerSec }) => throughputBitPerSec);
  const texts = [
    ...(rtt
      ? [
          `a median round trip of ${figure(rtt.overlay)} ms instead of ${figure(rtt.host)} ms (${percent(rtt)})`,
        ]
      : []),
    ...(rate
      ? [`a throughput of ${bitRate(rate.overlay)} instead of ${bitRate(rate.host)} (${percent(rate)})`]
      : []),
  ];
  return texts.length > 0 ? `the overlay network has ${texts.join(", and ")}` : undefined;
}

function percent({ host, overlay }: { host: number; overlay: number }): string {
  const change = Math.round((100 * (overlay - host)) / host);
  return `${change >= 0 ? "+" : ""}${change} %`;
}

/** "940 Mbit/s" */
export function bitRate(bitPerSec: number | null): string {
  if (bitPerSec === null) return "-";
  return bitPerSec >= 1e9 ? `${figure(bitPerSec / 1e9)} Gbit/s` : `${figure(bitPerSec / 1e6)} Mbit/s`;
}

/** "+2.9", "-0.4" */
export const signed = (ms: number) => `${ms > 0 ? "+" : ""}${figure(ms)}`;

/** "0 %", "0.5 %" */
export function lossText({ sent, lost }: Pick<PairRtt, "sent" | "lost">): string {
  return sent === 0 ? "-" : `${figure((100 * lost) / sent)} %`;
}

/** The networks of two runs, by their pairs' round trips before the load. undefined: one of them was not measured */
export function networkDifference(a: Run, b: Run): Difference | undefined {
  const medians = ({ network }: Run) =>
    (network?.pairs ?? [])
      .filter((pair) => pair.network === "overlay")
      .map(({ rttMs }) => rttMs.p50)
      .filter((value) => value !== null);
  const [x, y] = [medians(a), medians(b)];
  if (x.length === 0 || y.length === 0) return undefined;
  const {
    medians: [mx, my],
    real,
  } = compareRanks(x, y);
  const rates = [a, b].map(({ network }) =>
    bitRate(medianOver(network?.pairs ?? [], "overlay", ({ throughputBitPerSec }) => throughputBitPerSec)),
  );
  return {
    real,
    text: `network: overlay's round trip ${figure(mx)} against ${figure(my)} ms, throughput ${rates.join(" against ")}`,
  };
}
