import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { type Comparison, letter } from "../compare/comparison.ts";
import { boundsText, type LatencyAndNetwork } from "../compare/latencyAndNetwork.ts";
import type { TestbedRow } from "../compare/testbeds.ts";
import { bracketText, loadText, sloSentence } from "../sentences.ts";
import { capitalize, signed } from "../text.ts";
import { type Html, html, table } from "./page.ts";

/** A warning: differences between runs that were not interleaved are weaker evidence. */
export const NOT_INTERLEAVED =
  "The runs were made one after the other, so changes on the machines in between look like differences. " +
  "Use swarmbench bench --aba to interleave the runs.";

/** The text of a comparison, for compare.html and for the live page. @param figures its charts */
export function comparisonBody(comparison: Comparison, figures: readonly Html[]): Html {
  const { runs, conditions, differences, testbeds } = comparison;
  const names = runs.map((_, index) => letter(index));
  return html`<main><h1>${runs.map(({ scenario }) => scenario).join(" and ")}</h1>
${comparison.errors.map((error) => html`<p class="warning">These runs are not comparable: ${error}.</p>`)}
${comparison.cautions.map((text) => html`<p class="warning">${capitalize(text)}.</p>`)}
<h2>Testbeds</h2>
${testbedsTable(testbeds, names)}
<h2>Knees</h2>
${kneeTable(runs)}
<h2>Differences</h2>
${differences.map(differenceSection)}
<p class="faint">Latencies are the p50 and p99 of each step, knees those of each search. Both are compared with Welch's t-test on
logarithms, with at least five per side. The test calls anything different in at most 5 of 100 comparisons of equal systems, over all
values together; p is adjusted for the number of values (Holm). Knees of one search each differ if their 90 % intervals do not
overlap. Steps in which the load generator was at its own limit are left out.</p>
${comparison.interleaved ? "" : html`<p class="warning">${NOT_INTERLEAVED}</p>`}
${figures}
<h2>Conditions that differ</h2>
<div class="left">${table(
    ["condition", ...names],
    conditions.map(({ what, values }) => [what, ...values]),
  )}</div></main>`;
}

function differenceSection(difference: Comparison["differences"][number], index: number): Html {
  const { run, knee, latencies, network, latencyAndNetwork } = difference;
  const all = [knee, ...latencies, network].filter((each) => each !== undefined);
  return html`<h3>A and ${letter(index + 1)} (${run.run})</h3>
${all.map(({ differs, text }) => html`<p><b>${differs ? "Differs" : "Cannot tell"}</b>: ${text}</p>`)}
${sideBySide(latencyAndNetwork)}`;
}

function sideBySide(differences: readonly LatencyAndNetwork[]): Html | "" {
  if (differences.length === 0) return "";
  return html`<h3>Latency and network side by side</h3>
${table(
  [
    ...["load", "percentile", "latency ms", "clock error ± ms", "network ms"],
    ...["round trip before the load ms", "during the load ms", "note"],
  ],
  differences.map(({ value, percentile, latencyMs, clockErrorMs, network, notes }) => [
    ...[value, percentile, signed(latencyMs), formatNumber(clockErrorMs)],
    network ? boundsText(network.wayMs) : "-",
    network ? signed(network.rttMs.before) : "-",
    network ? signed(network.rttMs.during) : "-",
    notes.join("; "),
  ]),
)}
<p class="faint">The change from A to the other run, for percentiles that differ. Latency: median p50 and p99 of the
steps, corrected for the clocks. Network: half of the round trips from producer to broker and from broker to consumer,
during the load, over all trials; for the p99, up to the p99 round trip of the worst pair. Round trip: median of the
network that brokers and agents use. Round trips do not include retransmissions, the wait for the next fetch, or the transmission time of large messages.
Under load they include queues and the time that a probe waits for a CPU, so compare them with the round trips before the load.</p>`;
}

function kneeTable(runs: readonly Run[]): Html {
  return table(
    ["run", "knee", "interval", "verdict", "SLO"],
    runs.map((run, index) => {
      const { knee, bracket, verdict } = run;
      const [low, high] = knee?.interval ?? [null, null];
      return [
        `${letter(index)}: ${run.run}`,
        knee ? loadText(knee) : bracket ? `none: ${bracketText(bracket)}` : "none",
        knee ? `${formatNumber(low)} to ${high === null ? "unknown" : formatNumber(high)}` : "-",
        verdict,
        sloSentence(run),
      ];
    }),
  );
}

function testbedsTable(rows: readonly TestbedRow[], names: readonly string[]): Html {
  return html`<div class="left">${table(
    ["property", ...names],
    rows.map(({ what, values }) => [
      what,
      ...values.map((lines) => lines.map((line, index) => (index === 0 ? line : html`<br>${line}`))),
    ]),
  )}</div>`;
}
