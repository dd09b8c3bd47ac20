// The report's section on the clocks.
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { marked, widest } from "../clocks.ts";
import { stepName } from "../steps.ts";
import { type Html, html, table } from "./page.ts";

/** Offsets, error bounds and corrected latencies of every step. */
export function clockSection(run: Run): Html {
  const compared = measuredSteps(run).filter(({ clocks }) => clocks.pairs.length > 0);
  if (compared.length === 0) return html`<p>The agents' clocks were not compared.</p>`;
  return html`<p>Agents exchange timestamps before, during and after each step. Every probe is a limit of the clocks' offset
from either side, so that the bound holds whatever delayed the probes. Offset: how far the consumer's clock is ahead.</p>
${table(
  [
    ...["step", "offset ms", "± ms", "drift ppm", "latencies wrong by at most, ms", "below zero"],
    ...[
      "p50 as measured",
      "corrected",
      "p99 as measured",
      "corrected",
      "same node, p50",
      "one way, p50",
      "agree",
    ],
  ],
  compared.map((step) => {
    const { clocks, latencyMs, correctedLatencyMs, sameNode } = step;
    const pair = widest(step);
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
<p class="faint">* not above what is known of the clocks. Same node: a share of the messages, also consumed by the task that
sent them, and timed by that node's monotonic clock alone; one way: the same messages by two clocks.</p>
<details><summary>every pair of tasks, last step</summary>${pairTable(compared.at(-1) as MeasuredStep)}</details>`;
}

function agreement(sameNode: MeasuredStep["sameNode"]): Html | string {
  if (!sameNode) return "-";
  const text = `${sameNode.agrees ? "yes" : "no"} (${formatNumber(sameNode.differenceMs)} of ± ${formatNumber(sameNode.boundMs)} ms)`;
  return html`<span class="${sameNode.agrees ? "ok" : "missed"}">${text}</span>`;
}

function pairTable({ clocks }: MeasuredStep): Html {
  return table(
    ["from", "to", "offset ms", "± ms", "drift ppm", "quickest probe ms", "probes", "answered"],
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
