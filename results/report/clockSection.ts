import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { marked, widestPair } from "../clocks.ts";
import { stepName } from "../steps.ts";
import { type Html, html, table } from "./page.ts";

/** The report's section on clocks: offsets, error bounds and corrected latencies of each step. */
export function clockSection(run: Run): Html {
  const compared = measuredSteps(run).filter(({ clocks }) => clocks.pairs.length > 0);
  if (compared.length === 0)
    return html`<p>The clocks of the agents were not compared, so the clock error is unknown.</p>`;
  return html`<p>A latency between two nodes is measured with two clocks. The agents exchange timestamps before, during and after each step.
Each exchange limits the offset between two clocks from both sides, so the error bound (±) also holds if packets were
delayed. The table shows the pair of producer and consumer whose clocks were furthest apart.</p>
${table(
  [
    ...["step", "offset ms", "± ms", "drift ppm", "largest latency error ms", "negative latencies"],
    ...[
      "p50 measured",
      "corrected",
      "p99 measured",
      "corrected",
      "one clock p50",
      "two clocks p50",
      "consistent",
    ],
  ],
  compared.map((step) => {
    const { clocks, latencyMs, correctedLatencyMs, sameNode } = step;
    const pair = widestPair(step);
    return [
      stepName(step),
      ...[pair?.offsetMs, pair?.boundMs, pair?.driftPpm, clocks.errorMs].map(formatNumber),
      latencyMs.negative,
      ...[marked(latencyMs.p50, clocks.errorMs), marked(correctedLatencyMs?.p50 ?? null, clocks.boundMs)],
      ...[marked(latencyMs.p99, clocks.errorMs), marked(correctedLatencyMs?.p99 ?? null, clocks.boundMs)],
      ...[formatNumber(sameNode?.ownMs.p50), formatNumber(sameNode?.oneWayMs.p50)],
      agreement(sameNode),
    ];
  }),
)}
<p class="faint">Latencies in ms. Offset: how far the consumer's clock is ahead. Corrected: with the known offset removed. * marks
latencies that are not larger than their clock error. One clock: a sample of the messages is also consumed by the agent that
sent them, and timed with the clock of that node alone; two clocks: the same messages timed like all others. Consistent: the
clock error explains the difference between the two.</p>
<details><summary>All pairs of agents, last step</summary>${pairTable(compared.at(-1) as MeasuredStep)}</details>`;
}

function agreement(sameNode: MeasuredStep["sameNode"]): Html | string {
  if (!sameNode) return "-";
  const text = `${sameNode.agrees ? "yes" : "no"} (difference ${formatNumber(sameNode.differenceMs)} ms, explained up to ± ${formatNumber(sameNode.boundMs)} ms)`;
  return html`<span class="${sameNode.agrees ? "ok" : "missed"}">${text}</span>`;
}

function pairTable({ clocks }: MeasuredStep): Html {
  return table(
    ["from", "to", "offset ms", "± ms", "drift ppm", "fastest round trip ms", "probes", "answered"],
    clocks.pairs.map((pair) => [
      ...[
        pair.from,
        pair.to,
        formatNumber(pair.offsetMs),
        formatNumber(pair.boundMs),
        formatNumber(pair.driftPpm),
      ],
      ...[formatNumber(pair.minRttMs), pair.sent, pair.answered],
    ]),
  );
}
