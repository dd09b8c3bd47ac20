// The report's glossary.
import { VERDICTS } from "../../contract/verdicts.ts";
import { html } from "./page.ts";

export const HOW_TO_READ = html`<h2>How to read this</h2>
<dl>
<dt>Latency</dt><dd>From the time at which the schedule says a message leaves, to the moment the consumer has it. When the
broker stalls, messages go on being due, and their waiting counts: nothing is left out (no coordinated omission).</dd>
<dt>p50, p99, p99.9</dt><dd>Half of all messages, 99 of 100, 999 of 1000 were at least as fast as this.</dd>
<dt>SLO</dt><dd>What was agreed: how late, how many delivered, how many lost.</dd>
<dt>Knee</dt><dd>The largest value that keeps to the SLO, with the interval that the true limit is in.</dd>
${Object.entries(VERDICTS).map(([name, { explanation }]) => html`<dt>${name}</dt><dd>${explanation}</dd>\n`)}<dt>Lost, duplicated, reordered</dt><dd>By producer and sequence number: acknowledged and never delivered; delivered more than
once; delivered after a later one of the same producer and partition.</dd>
<dt>Clocks</dt><dd>A latency across two nodes is as true as their clocks. What they can have made it wrong by is measured, and
stands beside it; latencies are shown as they were measured, those below zero too.</dd>
<dt>Late, unsent</dt><dd>Sent more than a tenth of the SLO after their time; not sent by the end of the drain.</dd>
</dl>`;
