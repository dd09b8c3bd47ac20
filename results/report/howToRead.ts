import { VERDICTS } from "../../contract/verdicts.ts";
import { html } from "./page.ts";

/** The report's glossary. */
export const HOW_TO_READ = html`<h2>How to read this report</h2>
<dl>
<dt>Latency</dt><dd>The time from when the schedule says that a message is due until the consumer has received it. While the broker stalls,
further messages become due, and the time for which they wait counts as latency: the report does not hide stalls (no coordinated
omission).</dd>
<dt>p50, p99, p99.9</dt><dd>Percentiles: 50 %, 99 %, 99.9 % of all messages were at least as fast as this value.</dd>
<dt>SLO</dt><dd>The service-level objective: the largest acceptable p99 latency, the smallest share of delivered messages, and the
largest number of lost messages. Each step is checked against it.</dd>
<dt>Knee</dt><dd>The largest load that meets the SLO. The true limit lies within the interval with the stated probability.</dd>
<dt>Step</dt><dd>One measurement at a fixed load. It has a warm-up, a measured time, and a drain in which the last messages
arrive. Only the messages of the measured time count.</dd>
${Object.entries(VERDICTS).map(([name, { explanation }]) => html`<dt>${name}</dt><dd>${explanation}</dd>\n`)}<dt>Lost, duplicated, reordered</dt><dd>Lost: acknowledged by the broker but never delivered. Duplicated: delivered more than once.
Reordered: delivered after a later message of the same producer and partition.</dd>
<dt>Late, unsent</dt><dd>Late: sent after its due time by more than a tenth of the SLO's latency. Unsent: not sent before the end of
the drain.</dd>
<dt>Clock error</dt><dd>A latency between two nodes is only as exact as their clocks. The report shows the largest possible error
next to the latencies. Latencies are shown as measured, including negative ones.</dd>
</dl>`;
