// report.html: a run for readers who decide by it, and for readers who doubt it.
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { clockSentence } from "../clocks.ts";
import { driftSentence } from "../drift.ts";
import { kneeSentence, sloSentence } from "../sentences.ts";
import { perSec } from "../steps.ts";
import { drawCharts } from "./charts/list.ts";
import { clockSection } from "./clockSection.ts";
import { conditionsSection } from "./conditionsSection.ts";
import { HOW_TO_READ } from "./howToRead.ts";
import { networkSection } from "./networkSection.ts";
import { chartFigure, type Html, html, page } from "./page.ts";
import { generatorTable, lossTable, stepReasons, stepsTable } from "./stepTables.ts";

/** The whole page: one file that needs nothing from a network. */
export function reportPage(run: Run): string {
  return page(
    `${run.scenario}: ${run.run}`,
    html`<h1>Message latency: ${run.scenario}</h1>
<p class="faint">run ${run.run}, ${run.startedAt}${run.endedAt ? "" : ", not finished"}</p>
${headline(run)}
${keyMetrics(run)}
${run.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
<h2>Charts</h2>
${drawCharts("report", [run]).map(chartFigure)}
<h2>Steps</h2>
${stepsTable(run)}
<p class="faint">${clockSentence(run) ?? ""}</p>
${stepReasons(run)}
<h2>What became of the messages</h2>
${lossTable(run)}
<h2>The clocks</h2>
${clockSection(run)}
<h2>The generator</h2>
<p>A generator that is at its own limit measures itself. What it used, and how late it was:</p>
${generatorTable(run)}
${networkSection(run)}
<h2>Conditions</h2>
${conditionsSection(run)}
${HOW_TO_READ}`,
  );
}

function headline(run: Run): Html {
  const good = meetsSlo(run);
  const { knee } = run;
  const drift = driftSentence(run);
  const text = knee
    ? html`Up to <b>${formatNumber(knee.value)} ${knee.variable}</b> keep the agreed delivery time (${sloSentence(run)}).`
    : html`${kneeSentence(run)}.`;
  return html`<div class="verdict ${good ? "good" : "bad"}">${text}</div>
${knee ? html`<p>${kneeSentence(run)}.</p>` : html`<p>Agreed: ${sloSentence(run)}. Verdict: ${run.verdict}.</p>`}
${drift === undefined ? "" : html`<p>${drift}.</p>`}`;
}

function keyMetrics(run: Run): Html {
  const { steps, knee } = run;
  const measured = measuredSteps(run);
  const good = measured.filter(meetsSlo);
  const lost = measured.reduce((sum, step) => sum + step.lost, 0);
  const all = measured.reduce((sum, step) => sum + step.offered, 0);
  const boxes: [string, string][] = [];
  if (knee) boxes.push([formatNumber(knee.value), `${knee.variable} at the knee`]);
  const [best] = good.toSorted((a, b) => offeredPerSec(b) - offeredPerSec(a));
  if (best && offeredPerSec(best) > 0) {
    boxes.push(
      [`${formatNumber(offeredPerSec(best))}/s`, "highest rate within the SLO"],
      [`${formatNumber(best.latencyMs.p50)} ms`, "p50 latency there"],
      [`${formatNumber(best.latencyMs.p99)} ms`, "p99 latency there"],
    );
  }
  boxes.push([String(lost), `lost of ${all} messages`]);
  boxes.push([`${good.length} of ${steps.length}`, "steps within the SLO"]);
  return html`<div class="figures">${boxes.map(([value, what]) => html`<div><b>${value}</b>${what}</div>`)}</div>`;
}

const offeredPerSec = (step: MeasuredStep) => perSec(step.offered, step) ?? 0;
