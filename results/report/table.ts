// The steps of a run as a table, for the terminal and as Markdown.
import Table from "cli-table3";
import { isMeasured, type MeasuredStep, measuredSteps, type Run, type Step } from "../../contract/result.ts";
import { scaleSentence } from "../../contract/scale.ts";
import { formatNumber } from "../../contract/text.ts";
import { arrivalSentence } from "../arrivals.ts";
import { clockSentence, marked, needsCorrection } from "../clocks.ts";
import { driftSentence } from "../drift.ts";
import { FAULT_HEADS, faultNotes, faultRows } from "../faultTable.ts";
import { hysteresisSentence } from "../hysteresis.ts";
import { hasRepeatedLoad, LOAD_HEADS, LOAD_NOTES, loadRows } from "../loadCells.ts";
import { logCheckSentence } from "../logCheck.ts";
import { networkSentence } from "../network.ts";
import { preheatSentence } from "../preheat.ts";
import { ownCostSentence, sharedMachineSentence } from "../resourceText.ts";
import { kneeSentence, otherKneeSentences, sloSentence } from "../sentences.ts";
import { perSec, receivedPerSec, stepValues } from "../steps.ts";
import { capitalize } from "../text.ts";

const NOT_REPEATED = "each load was measured in one step, so that no latency has an interval";

/** Shown only if the clocks are known to differ. */
const CORRECTED = ["p50 corr.", "p99 corr."];

const HEADS = [
  "step",
  "offered/s",
  "delivered/s",
  "received/s",
  "p50",
  "p90",
  "p99",
  "p99.9",
  "max",
  "lost",
  "dup",
  "late",
  "brokers CPU",
  "agent CPU",
  "verdict",
];

function heads(corrected: boolean): string[] {
  return HEADS.flatMap((head) => (head === "lost" && corrected ? [...CORRECTED, head] : [head]));
}

function cells(step: Step, corrected: boolean): string[] {
  const results = isMeasured(step) ? resultCells(step, corrected) : noResults(corrected);
  return [stepValues(step), ...results, step.verdict];
}

/** The cells between the values and the verdict of a failed step. */
function noResults(corrected: boolean): string[] {
  return heads(corrected)
    .slice(1, -1)
    .map(() => "-");
}

/** The cells between the values and the verdict of a step. */
function resultCells(step: MeasuredStep, corrected: boolean): string[] {
  const { latencyMs, correctedLatencyMs, clocks } = step;
  const correctedMs = corrected ? [correctedLatencyMs?.p50, correctedLatencyMs?.p99] : [];
  return [
    ...[perSec(step.offered, step), perSec(step.delivered, step), receivedPerSec(step)].map(formatNumber),
    ...[latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs["p99.9"], latencyMs.max].map((ms) =>
      marked(ms, clocks.errorMs),
    ),
    ...correctedMs.map((ms) => marked(ms ?? null, clocks.boundMs)),
    ...[step.lost, step.duplicated, step.late].map(String),
    ...[formatNumber(step.brokersCpu), formatNumber(step.generator.cpu)],
  ];
}

/** Steps, faults, knee, clocks, network and warnings for the terminal. */
export function runTable(run: Run): string {
  const corrected = measuredSteps(run).some(needsCorrection);
  const rows = run.steps.map((step) => cells(step, corrected));
  const shared = sharedMachineSentence(run);
  const faults = faultRows(run);
  return [
    ...(shared === undefined ? [] : [shared]),
    textTable(heads(corrected), rows),
    ...(hasRepeatedLoad(run) ? [textTable(LOAD_HEADS, loadRows(run)), ...LOAD_NOTES] : [NOT_REPEATED]),
    ...(faults.length > 0 ? [textTable(FAULT_HEADS, faults), ...faultNotes(run)] : []),
    `latencies in ms, from the time a message was due until the consumer received it; SLO: ${sloSentence(run)}`,
    kneeSentence(run),
    ...otherKneeSentences(run),
    ...[
      hysteresisSentence(run),
      scaleSentence(run.scale),
      logCheckSentence(run),
      arrivalSentence(run),
      preheatSentence(run),
      clockSentence(run),
      driftSentence(run),
      networkSentence(run),
      ownCostSentence(run),
    ].filter((sentence) => sentence !== undefined),
    ...run.warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

function textTable(names: readonly string[], rows: readonly string[][]): string {
  const table = new Table({ head: [...names], style: { head: [], border: [], compact: true } });
  table.push(...rows);
  return table.toString();
}

/**
 * The steps as a Markdown table; a second one by load if a load was measured more than once, and one of the faults if there were
 * any. Then a sentence, if the loads were scaled.
 */
export function markdownTable(run: Run): string {
  const corrected = measuredSteps(run).some(needsCorrection);
  const steps = markdown(
    heads(corrected),
    run.steps.map((step) => cells(step, corrected)),
  );
  const byLoad = hasRepeatedLoad(run) ? [markdown(LOAD_HEADS, loadRows(run)), LOAD_NOTES.join(" ")] : [];
  const rows = faultRows(run);
  const faults = rows.length > 0 ? [markdown(FAULT_HEADS, rows), faultNotes(run).join(" ")] : [];
  const scale = scaleSentence(run.scale);
  return [steps, ...byLoad, ...faults, ...(scale === undefined ? [] : [`${capitalize(scale)}.`])].join(
    "\n\n",
  );
}

function markdown(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  return [row(names), row(names.map(() => "---")), ...rows.map(row)].join("\n");
}
