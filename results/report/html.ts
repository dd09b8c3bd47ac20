import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { clockSentence } from "../clocks.ts";
import { driftSentence } from "../drift.ts";
import { kneeSentence, loadRangeText, loadText, sloSentence } from "../sentences.ts";
import { perSec } from "../steps.ts";
import { capitalize } from "../text.ts";
import { drawCharts } from "./charts/list.ts";
import { clockSection } from "./clockSection.ts";
import { conditionsSection } from "./conditionsSection.ts";
import { HOW_TO_READ } from "./howToRead.ts";
import { networkSection } from "./networkSection.ts";
import { chartFigure, type Html, html, page } from "./page.ts";
import { generatorTable, lossTable, stepReasons, stepsTable } from "./stepTables.ts";

/** The content of report.html: one file that loads nothing from the network. */
export function reportPage(run: Run): string {
  const clocks = clockSentence(run);
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
<p class="faint">${clocks === undefined ? "" : `${capitalize(clocks)}.`}</p>
${stepReasons(run)}
<h2>Messages</h2>
<p>What happened to the messages of each step:</p>
${lossTable(run)}
<h2>Clocks</h2>
${clockSection(run)}
<h2>Load generator</h2>
<p>A load generator at its own limit would measure itself instead of the broker. The table shows how late it sent messages and what
it used:</p>
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
    ? html`The SLO is met up to <b>${loadText(knee)}</b>.`
    : html`${capitalize(kneeSentence(run))}.`;
  return html`<div class="verdict ${good ? "good" : "bad"}">${text}</div>
<p>SLO: ${sloSentence(run)}.${knee ? "" : ` Verdict: ${run.verdict}.`}</p>
${knee ? html`<p>${kneeInterval(knee)} ${capitalize(knee.reason)}.</p>` : ""}
${drift === undefined ? "" : html`<p>${capitalize(drift)}.</p>`}`;
}

/** The knee's interval in a sentence. */
function kneeInterval({ variable, interval: [low, high], confidence }: NonNullable<Run["knee"]>): string {
  if (high === null) return "The search found no load that misses the SLO, so the limit may be higher.";
  const range = loadRangeText(variable, low, high);
  return `With ${Math.round(100 * confidence)} % confidence, the limit lies between ${range}.`;
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
      [`${formatNumber(best.latencyMs.p50)} ms`, "p50 latency at this rate"],
      [`${formatNumber(best.latencyMs.p99)} ms`, "p99 latency at this rate"],
    );
  }
  boxes.push([String(lost), `of ${all} messages lost`]);
  boxes.push([`${good.length} of ${steps.length}`, "steps within the SLO"]);
  return html`<div class="figures">${boxes.map(([value, what]) => html`<div><b>${value}</b>${what}</div>`)}</div>`;
}

const offeredPerSec = (step: MeasuredStep) => perSec(step.offered, step) ?? 0;
