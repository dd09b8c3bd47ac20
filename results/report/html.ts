import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { arrivalSentence } from "../arrivals.ts";
import { clockSentence } from "../clocks.ts";
import { driftSentence } from "../drift.ts";
import { limitOf } from "../limit.ts";
import { preheatSentence } from "../preheat.ts";
import { sharedMachineSentence } from "../resourceText.ts";
import { kneeSentence, loadRangeText, loadText, otherKneeSentences, sloSentence } from "../sentences.ts";
import { perSec, receivedPerSec } from "../steps.ts";
import { capitalize } from "../text.ts";
import { drawCharts } from "./charts/list.ts";
import { clockSection } from "./clockSection.ts";
import { conditionsSection } from "./conditionsSection.ts";
import { HOW_TO_READ } from "./howToRead.ts";
import { networkSection } from "./networkSection.ts";
import { chartFigure, type Html, html, page } from "./page.ts";
import { resourceSection } from "./resourceSection.ts";
import { generatorTable, lossTable, stepReasons, stepsTable } from "./stepTables.ts";

/** The content of report.html: one file that loads nothing from the network. */
export function reportPage(run: Run): string {
  const clocks = clockSentence(run);
  const shared = sharedMachineSentence(run);
  return page(
    `${run.scenario}: ${run.run}`,
    html`<h1>Message latency: ${run.scenario}</h1>
${shared === undefined ? "" : html`<p><b>${capitalize(shared)}.</b></p>`}
<p class="faint">run ${run.run}, ${run.startedAt}${run.endedAt ? "" : ", not finished"}</p>
${headline(run)}
${keyMetrics(run)}
${run.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
<h2>Charts</h2>
${drawCharts("report", [run]).map(chartFigure)}
<h2>Steps</h2>
${stepsTable(run)}
<p class="faint">${[arrivalSentence(run), preheatSentence(run), clocks].flatMap((text) => (text ? [`${capitalize(text)}.`] : [])).join(" ")}</p>
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
${resourceSection(run)}
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
  const limit = limitOf(run);
  const text = knee
    ? html`The SLO is met up to <b>${loadText(knee)}</b>${limit ? `; beyond that ${limit.text}` : ""}.`
    : html`${capitalize(kneeSentence(run))}.`;
  return html`<div class="verdict ${good ? "good" : "bad"}">${text}</div>
<p>SLO: ${sloSentence(run)}.${knee ? "" : ` Verdict: ${run.verdict}.`}</p>
${knee ? html`<p>${kneeInterval(knee)} ${capitalize(knee.reason)}.</p>` : ""}
${otherKneeSentences(run).map((text) => html`<p>${capitalize(text)}.</p>`)}
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
  const [best] = good.toSorted((a, b) => throughput(b) - throughput(a));
  if (best && throughput(best) > 0) {
    boxes.push(
      [`${formatNumber(throughput(best))}/s`, "received at the highest rate within the SLO"],
      [`${formatNumber(best.latencyMs.p50)} ms`, "p50 latency at this rate"],
      [`${formatNumber(best.latencyMs.p99)} ms`, "p99 latency at this rate"],
    );
  }
  boxes.push([String(lost), `of ${all} messages lost`]);
  boxes.push([`${good.length} of ${steps.length}`, "steps within the SLO"]);
  return html`<div class="figures">${boxes.map(([value, what]) => html`<div><b>${value}</b>${what}</div>`)}</div>`;
}

/** Older runs do not have what was received. */
const throughput = (step: MeasuredStep) => receivedPerSec(step) ?? perSec(step.offered, step) ?? 0;
