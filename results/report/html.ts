// report.html: a run for whoever has to decide, and for whoever doubts it.
import { isMeasured, type MeasuredStep, measuredSteps, type Run, type Step } from "../../contract/result.ts";
import { figure, valuesText } from "../../contract/text.ts";
import { meetsSlo, VERDICTS } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";
import { driftSentence } from "../compare/drift.ts";
import { chartsOf } from "./charts.ts";
import { clockSection, clockSentence, marked } from "./clocks.ts";
import { networkPart } from "./network.ts";
import { figureOf, type Html, html, page, table } from "./page.ts";
import { kneeSentence, sloSentence } from "./table.ts";

export function reportPage(run: Run): string {
  return page(
    `${run.scenario}: ${run.run}`,
    html`<h1>Message delay: ${run.scenario}</h1>
<p class="faint">run ${run.run}, ${run.startedAt}${run.endedAt ? "" : ", not finished"}</p>
${headline(run)}
${keyFigures(run)}
${run.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
<h2>Charts</h2>
${chartsOf(run).map(figureOf)}
<h2>Steps</h2>
${stepsTable(run)}
<p class="faint">${clockSentence(run) ?? ""}</p>
${reasons(run)}
<h2>What became of the messages</h2>
${lossTable(run)}
<h2>The clocks</h2>
${clockSection(run)}
<h2>The generator</h2>
<p>A generator that is at its own limit measures itself. What it used, and how late it was:</p>
${generatorTable(run)}
${networkPart(run)}
<h2>Conditions</h2>
${conditions(run)}
${HOW_TO_READ}`,
  );
}

function headline(run: Run): Html {
  const good = meetsSlo(run);
  const { knee } = run;
  const drift = driftSentence(run);
  const text = knee
    ? html`Up to <b>${figure(knee.value)} ${knee.variable}</b> keep the agreed delivery time (${sloSentence(run)}).`
    : html`${kneeSentence(run)}.`;
  return html`<div class="verdict ${good ? "good" : "bad"}">${text}</div>
${knee ? html`<p>${kneeSentence(run)}.</p>` : html`<p>Agreed: ${sloSentence(run)}. Verdict: ${run.verdict}.</p>`}
${drift === undefined ? "" : html`<p>${drift}.</p>`}`;
}

function keyFigures({ steps, knee }: Run): Html {
  const measured = measuredSteps({ steps });
  const good = measured.filter(meetsSlo);
  const best = good.reduce<MeasuredStep | undefined>(
    (most, step) => (perSec(step) > (most ? perSec(most) : 0) ? step : most),
    undefined,
  );
  const lost = measured.reduce((sum, step) => sum + step.lost, 0);
  const all = measured.reduce((sum, step) => sum + step.offered, 0);
  const boxes: [string, string][] = [
    ...(knee ? [[figure(knee.value), `${knee.variable} at the knee`] as [string, string]] : []),
    ...(best
      ? ([
          [`${figure(perSec(best))}/s`, "highest rate within the SLO"],
          [`${figure(best.delayMs.p50)} ms`, "p50 delay there"],
          [`${figure(best.delayMs.p99)} ms`, "p99 delay there"],
        ] as [string, string][])
      : []),
    [String(lost), `lost of ${all} messages`],
    [`${good.length} of ${steps.length}`, "steps within the SLO"],
  ];
  return html`<div class="figures">${boxes.map(([value, what]) => html`<div><b>${value}</b>${what}</div>`)}</div>`;
}

function perSec({ offered, durationSeconds }: MeasuredStep): number {
  return durationSeconds > 0 ? offered / durationSeconds : 0;
}

const named = (step: Step) => `${step.step}: ${valuesText(step.values as StepValues)}`;

function stepsTable({ steps }: Run): Html {
  const heads = [
    "step",
    "offered/s",
    "delivered/s",
    "p50 ms",
    "p90",
    "p99",
    "p99.9",
    "p99.99",
    "max",
    "slowest producer's p99",
    "verdict",
  ];
  return table(
    heads,
    steps.map((step) => [
      named(step),
      ...(isMeasured(step) ? stepCells(step) : NO_RESULTS),
      html`<span class="${meetsSlo(step) ? "ok" : "missed"}">${step.verdict}</span>`,
    ]),
  );
}

/** Between a step's name and its verdict. */
function stepCells(step: MeasuredStep): string[] {
  const { delayMs, slowestProducer, durationSeconds: seconds } = step;
  return [
    ...[figure(perSec(step)), figure(seconds > 0 ? step.delivered / seconds : null)],
    ...[delayMs.p50, delayMs.p90, delayMs.p99, delayMs["p99.9"], delayMs["p99.99"], delayMs.max].map((ms) =>
      marked(ms, step.clocks.errorMs),
    ),
    figure(slowestProducer?.p99),
  ];
}
const NO_RESULTS: readonly string[] = Array.from({ length: 9 }, () => "-");

function reasons({ steps }: Run): Html[] {
  return steps
    .filter(({ reasons: why }) => why.length > 0)
    .map((step) => html`<p class="faint">${named(step)}: ${step.reasons.join("; ")}.</p>`);
}

function lossTable(run: Run): Html {
  const heads = [
    "step",
    "offered",
    "sent",
    "acked",
    "delivered",
    "lost",
    "duplicated",
    "reordered",
    "late",
    "unsent",
    "errors",
    "waiting at the end",
    "drained in s",
  ];
  return table(
    heads,
    measuredSteps(run).map((step) => [
      named(step),
      ...[step.offered, step.sent, step.acked, step.delivered, step.lost, step.duplicated, step.reordered],
      ...[step.late, step.unsent],
      Object.entries(step.errors)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(", ") || 0,
      ...[step.backlogAtEnd, step.drainSeconds === null ? "not in time" : figure(step.drainSeconds)],
    ]),
  );
}

function generatorTable(run: Run): Html {
  const heads = [
    "step",
    "schedule lag p99 ms",
    "max",
    "event loop p99 ms",
    "CPUs of the busiest task",
    "of all",
    "waited for a CPU",
    "memory MiB",
    "connected in s",
    "send to ack p99 ms",
    "send to receive p99 ms",
  ];
  return table(
    heads,
    measuredSteps(run).map((step) => {
      const { generator, connectSeconds, ackMs, sendToReceiveMs } = step;
      return [
        named(step),
        ...[generator.scheduleLagMsP99, generator.scheduleLagMsMax, generator.eventLoopDelayMsP99].map(
          figure,
        ),
        ...[generator.cpu, generator.cpuTotal].map(figure),
        generator.cpuWait === null ? "-" : `${figure(100 * generator.cpuWait)} %`,
        ...[generator.memoryMiB, connectSeconds, ackMs.p99, sendToReceiveMs.p99].map(figure),
      ];
    }),
  );
}

function conditions({ conditions: all, points }: Run): Html {
  const { swarmbench, nodes, agents, ...rest } = all;
  const flat = Object.entries({ swarmbench, ...rest }).flatMap(([name, value]) => flatten(name, value));
  const agentsOn = (node: string) => agents.filter((agent) => agent.node === node).map(({ name }) => name);
  return html`${table(
    ["node", "role", "CPUs", "memory MiB", "CPU", "kernel", "agents"],
    nodes.map(({ name, role, cpus, memoryMiB, cpuModel, kernel }) => [
      ...[name, role, figure(cpus), figure(memoryMiB), cpuModel ?? "-", kernel ?? "-"],
      agentsOn(name).join(", "),
    ]),
  )}
<details><summary>all settings, versions and images</summary>
<div class="left">${table(["what", "value"], [...flat, ["live points written to InfluxDB", points ? `${points.written}, lost ${points.lost}` : "-"]])}</div></details>`;
}

/** "kafka.brokers", 3: one row for each value. */
export function flatten(name: string, value: unknown): [string, string][] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [];
  return entries.flatMap(([key, inner]) => flatten(`${name}.${key}`, inner));
}

const HOW_TO_READ = html`<h2>How to read this</h2>
<dl>
<dt>Delay</dt><dd>From the time at which the schedule says a message leaves, to the moment the consumer has it. When the
broker stalls, messages go on being due, and their waiting counts: nothing is left out (no coordinated omission).</dd>
<dt>p50, p99, p99.9</dt><dd>Half of all messages, 99 of 100, 999 of 1000 were at least as fast as this.</dd>
<dt>SLO</dt><dd>What was agreed: how late, how many delivered, how many lost.</dd>
<dt>Knee</dt><dd>The largest value that keeps to the SLO, with the interval that the true limit is in.</dd>
${Object.entries(VERDICTS).map(([name, { explanation }]) => html`<dt>${name}</dt><dd>${explanation}</dd>\n`)}<dt>Lost, duplicated, reordered</dt><dd>By producer and sequence number: acknowledged and never delivered; delivered more than
once; delivered after a later one of the same producer and partition.</dd>
<dt>Clocks</dt><dd>A delay across two nodes is as true as their clocks. What they can have made it wrong by is measured, and
stands beside it; delays are shown as they were measured, those below zero too.</dd>
<dt>Late, unsent</dt><dd>Sent more than a tenth of the SLO after their time; not sent by the end of the drain.</dd>
</dl>`;
