import { NETWORKS, type NetworkName, type Pair } from "../../contract/network.ts";
import { isMeasured, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import {
  medianOver,
  networkSentence,
  networkShare,
  overlayCost,
  overPairs,
  type PairsSummary,
} from "../network.ts";
import { stepName } from "../steps.ts";
import { bitRate, capitalize, lossText } from "../text.ts";
import { type Html, html, table } from "./page.ts";

/** With more nodes, a matrix is unreadable: the report then shows the median and the worst pairs. */
const MATRIX_NODES = 8;
const WORST_PAIRS = 8;
const TITLES = { host: "Host network", overlay: "Overlay network" } as const;

/** The report's section on the network; empty if neither the network nor the clocks of the nodes were measured. */
export function networkSection(run: Run): Html | "" {
  const { network } = run;
  const clocks = clockTable(run);
  if (!network && clocks === "") return "";
  const sentences = [networkSentence(run), network && overlayCost(network.pairs)];
  return html`<h2>Network</h2>
${sentences.map((sentence) => (sentence ? html`<p>${capitalize(sentence)}.</p>` : ""))}
${network ? NETWORKS.map((name) => oneNetwork(name, network.pairs)) : ""}
${network ? pairErrors(network.pairs) : ""}
${stepTable(run)}
${clocks}`;
}

function oneNetwork(name: NetworkName, all: readonly Pair[]): Html {
  const pairs = all.filter(({ network }) => network === name);
  const nodes = [...new Set(pairs.flatMap(({ from, to }) => [from, to]))];
  if (nodes.length === 0) return html``;
  return html`<h3>${TITLES[name]}, before the load</h3>
${nodes.length <= MATRIX_NODES ? matrix(nodes, pairs) : summary(name, pairs)}`;
}

function matrix(nodes: readonly string[], pairs: readonly Pair[]): Html {
  const cell = (from: string, to: string) => {
    const pair = pairs.find((each) => each.from === from && each.to === to);
    if (!pair) return "";
    const { rttMs, throughputBitPerSec, mtu } = pair;
    return html`${formatNumber(rttMs.p50)} / ${formatNumber(rttMs.p99)} ms<br>${bitRate(throughputBitPerSec)}<br>lost ${lossText(pair)}, MTU ${formatNumber(mtu)}`;
  };
  return html`<p class="faint">Each cell: p50 / p99 of the round trip, TCP throughput in this direction, share of lost packets, path MTU in bytes.</p>
${table(
  ["from", ...nodes.map((node) => `to ${node}`)],
  nodes.map((from) => [from, ...nodes.map((to) => cell(from, to))]),
)}`;
}

function summary(name: NetworkName, pairs: readonly Pair[]): Html {
  const row = (what: string, { rttMs, throughputBitPerSec, mtu, ...packets }: PairsSummary) => [
    ...[what, formatNumber(rttMs.p50), formatNumber(rttMs.p99), bitRate(throughputBitPerSec)],
    ...[lossText(packets), formatNumber(mtu)],
  ];
  const worst = (by: (pair: Pair) => number) => pairs.toSorted((a, b) => by(b) - by(a)).slice(0, WORST_PAIRS);
  const slow = worst(({ rttMs }) => rttMs.p99 ?? 0);
  const narrow = worst(({ throughputBitPerSec }) => -(throughputBitPerSec ?? Number.POSITIVE_INFINITY));
  const lossy = worst(({ sent, lost }) => lost / Math.max(1, sent)).filter(({ lost }) => lost > 0);
  const all = overPairs(pairs, name);
  const shown = [...new Set([...slow, ...narrow, ...lossy])];
  return html`<p class="faint">The median of ${pairs.length} pairs, and the pairs with the longest round trips, the lowest throughput and the
most lost packets.</p>
${table(
  ["pair", "round trip p50 ms", "p99", "throughput", "lost", "MTU"],
  [...(all ? [row("median", all)] : []), ...shown.map((pair) => row(`${pair.from} to ${pair.to}`, pair))],
)}`;
}

function pairErrors(pairs: readonly Pair[]): Html[] {
  const failed = pairs.filter(({ error }) => error !== null);
  return failed
    .slice(0, WORST_PAIRS)
    .map(
      ({ from, to, network, error }) => html`<p class="warning">${network}, ${from} to ${to}: ${error}</p>`,
    );
}

function stepTable({ steps }: Run): Html | "" {
  const measured = steps.filter(({ network }) => network);
  if (measured.length === 0) return "";
  return html`<h3>During the load</h3>
${table(
  [
    "step",
    "host network p50 ms",
    "overlay p50 ms",
    "overlay p99 ms",
    "overlay packets lost",
    "network's part of the median latency",
  ],
  measured.map((step) => {
    const pairs = step.network?.pairs ?? [];
    const overlay = pairs.filter(({ network }) => network === "overlay");
    const total = (kind: "sent" | "lost") => overlay.reduce((sum, pair) => sum + pair[kind], 0);
    return [
      stepName(step),
      formatNumber(medianOver(pairs, "host", ({ rttMs }) => rttMs.p50)),
      formatNumber(medianOver(pairs, "overlay", ({ rttMs }) => rttMs.p50)),
      formatNumber(medianOver(pairs, "overlay", ({ rttMs }) => rttMs.p99)),
      lossText({ sent: total("sent"), lost: total("lost") }),
      (isMeasured(step) && networkShare(step)) || "-",
    ];
  }),
)}
<p class="faint">Round trips: medians over all pairs of nodes. They are measured between programs, so on busy machines they include the
time for which a program waits for a CPU.</p>`;
}

function clockTable({ nodeClocks }: Run): Html | "" {
  if (nodeClocks.every(({ kind }) => kind === null)) return "";
  return html`<h3>Clocks of the nodes, as their time daemons report</h3>
${table(
  ["node", "daemon", "states", "samples", "offset µs median", "min", "max", "path delay µs"],
  nodeClocks.map(({ node, kind, states, samples, offsetUs, pathDelayUs }) => [
    ...[node, kind ?? "none", states.join(", "), samples],
    ...[offsetUs?.median, offsetUs?.min, offsetUs?.max, pathDelayUs?.median].map(formatNumber),
  ]),
)}`;
}
