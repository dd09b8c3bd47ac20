// The head of a report: what was found, what limited it, and the key numbers.
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { scaleSentence } from "../../contract/scale.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { driftSentence } from "../drift.ts";
import { hysteresisSentence } from "../hysteresis.ts";
import { limitOf } from "../limit.ts";
import { sharedMachineSentence } from "../resourceText.ts";
import { kneeSentence, loadRangeText, loadText, otherKneeSentences, sloSentence } from "../sentences.ts";
import { perSec, receivedPerSec } from "../steps.ts";
import { capitalize } from "../text.ts";
import { type Html, html } from "./page.ts";

/** Title, result, SLO, interval and limit. @param isRunning whether the run is still under way */
export function headline(run: Run, isRunning: boolean): Html {
  const shared = sharedMachineSentence(run);
  const { knee } = run;
  const drift = driftSentence(run);
  const scale = scaleSentence(run.scale);
  const hysteresis = hysteresisSentence(run);
  const state = run.endedAt ? "" : isRunning ? ", under way" : ", not finished";
  return html`<h1>Message latency: ${run.scenario}</h1>
${shared === undefined ? "" : html`<p><b>${capitalize(shared)}.</b></p>`}
<p class="faint">run ${run.run}, ${run.startedAt}${state}</p>
<div class="verdict ${isRunning ? "" : meetsSlo(run) ? "good" : "bad"}">${isRunning ? soFar(run) : result(run)}</div>
<p>SLO: ${sloSentence(run)}.${knee || isRunning ? "" : ` Verdict: ${run.verdict}.`}</p>
${knee ? html`<p>${kneeInterval(knee)} ${capitalize(knee.reason)}.</p>` : ""}
${otherKneeSentences(run).map((text) => html`<p>${capitalize(text)}.</p>`)}
${hysteresis === undefined ? "" : html`<p>${capitalize(hysteresis)}.</p>`}
${scale === undefined ? "" : html`<p>${capitalize(scale)}.</p>`}
${drift === undefined ? "" : html`<p>${capitalize(drift)}.</p>`}`;
}

function result(run: Run): Html {
  const { knee } = run;
  const limit = limitOf(run);
  if (!knee) return html`${capitalize(kneeSentence(run))}.`;
  return html`The SLO is met up to <b>${loadText(knee)}</b>${limit ? `; beyond that ${limit.text}` : ""}.`;
}

/** What is known of a run that is under way. */
function soFar(run: Run): Html {
  const state = run.searchStates?.at(-1);
  const good = run.steps.filter(meetsSlo).length;
  const steps = `${good} of ${run.steps.length} steps so far met the SLO`;
  if (!state) return html`The run is under way: ${steps}.`;
  const range = loadRangeText(state.variable, state.low, state.high);
  return html`The run is under way: ${steps}. The limit is between <b>${range}</b> with 90 % probability.`;
}

/** The knee's interval in a sentence. */
function kneeInterval({ variable, interval: [low, high], confidence }: NonNullable<Run["knee"]>): string {
  if (high === null) return "The search found no load that misses the SLO, so the limit may be higher.";
  const range = loadRangeText(variable, low, high);
  return `With ${Math.round(100 * confidence)} % confidence, the limit lies between ${range}.`;
}

/** The key numbers of a run. */
export function keyMetrics(run: Run): Html {
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

/** Older runs did not record what was received. */
const throughput = (step: MeasuredStep) => receivedPerSec(step) ?? perSec(step.offered, step) ?? 0;
