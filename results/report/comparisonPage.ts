// compare.html: runs side by side.
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { type Comparison, letter } from "../compare/comparison.ts";
import { boundsText, type LatencyAndNetwork } from "../compare/latencyAndNetwork.ts";
import type { TestbedRow } from "../compare/testbeds.ts";
import { sloSentence } from "../sentences.ts";
import { capital, signed } from "../text.ts";
import { drawCharts } from "./charts/list.ts";
import { NOT_INTERLEAVED } from "./comparisonText.ts";
import { chartFigure, type Html, html, page, table } from "./page.ts";

/** The whole page: one file that needs nothing from a network. */
export function comparisonPage(comparison: Comparison): string {
  const { runs, conditions, differences, testbeds } = comparison;
  const names = runs.map((_, index) => letter(index));
  return page(
    `comparison of ${runs.length} runs`,
    html`<h1>${runs.map(({ scenario }) => scenario).join(" against ")}</h1>
${comparison.errors.map((error) => html`<p class="warning">Forced: ${error}</p>`)}
${comparison.cautions.map((text) => html`<p class="warning">${capital(text)}.</p>`)}
<h2>Where they were made</h2>
${testbedsTable(testbeds, names)}
<h2>Knees</h2>
${kneeTable(runs)}
<h2>Differences</h2>
${differences.map(differenceSection)}
<p class="faint">Latencies are p50 and p99 of each step, knees those of each search, tested by Welch's t-test on their
logarithms with at least five a side. If nothing differs, anything is called different in at most 5 of 100 comparisons, over
all values together (Holm). p is adjusted for their number. Knees of one search each differ where their 90 % intervals have
nothing in common. Steps at which the generator was at its own limit are left out.</p>
${comparison.interleaved ? "" : html`<p class="warning">${NOT_INTERLEAVED}</p>`}
${drawCharts("comparison", runs).map(chartFigure)}
<h2>Conditions that differ</h2>
<div class="left">${table(
      ["what", ...names],
      conditions.map(({ what, values }) => [what, ...values]),
    )}</div>`,
  );
}

function differenceSection(difference: Comparison["differences"][number], index: number): Html {
  const { run, knee, latencies, network, latencyAndNetwork } = difference;
  const all = [knee, ...latencies, network].filter((each) => each !== undefined);
  return html`<h3>A against ${letter(index + 1)} (${run.run})</h3>
${all.map(({ differs, text }) => html`<p><b>${differs ? "Differs" : "Cannot tell"}</b>: ${text}</p>`)}
${sideBySide(latencyAndNetwork)}`;
}

function sideBySide(differences: readonly LatencyAndNetwork[]): Html | "" {
  if (differences.length === 0) return "";
  return html`<h3>Latency beside the network</h3>
${table(
  [
    ...["value", "percentile", "latency ms", "clock error ± ms", "network ms"],
    ...["round trips before the load ms", "during it", "note"],
  ],
  differences.map(({ value, percentile, latencyMs, clockErrorMs, network, notes }) => [
    ...[value, percentile, signed(latencyMs), formatNumber(clockErrorMs)],
    network ? boundsText(network.wayMs) : "-",
    network ? signed(network.rttMs.before) : "-",
    network ? signed(network.rttMs.during) : "-",
    notes.join("; "),
  ]),
)}
<p class="faint">What changes from A to the other run, for percentiles that differ. Latency: the median
p50 and p99 of the steps, corrected for the clocks. Network: half of the round trips on a message's way, during the load, over all trials; for
the p99 up to the p99 round trip of the worst pair. Round trips: the overlay's median. They do not show packets that are sent
again, waiting for the next fetch, or how long large messages take at a link's rate; under load they include queues and a
probe's wait for a CPU, so compare them with those before the load.</p>`;
}

function kneeTable(runs: readonly Run[]): Html {
  return table(
    ["run", "knee", "interval", "verdict", "SLO"],
    runs.map((run, index) => {
      const { knee, verdict } = run;
      const [low, high] = knee?.interval ?? [null, null];
      return [
        `${letter(index)}: ${run.run}`,
        knee ? `${formatNumber(knee.value)} ${knee.variable}` : "none",
        knee ? `${formatNumber(low)} to ${high === null ? "above" : formatNumber(high)}` : "-",
        verdict,
        sloSentence(run),
      ];
    }),
  );
}

function testbedsTable(rows: readonly TestbedRow[], names: readonly string[]): Html {
  return html`<div class="left">${table(
    ["what", ...names],
    rows.map(({ what, values }) => [
      what,
      ...values.map((lines) => lines.map((line, index) => (index === 0 ? line : html`<br>${line}`))),
    ]),
  )}</div>`;
}
