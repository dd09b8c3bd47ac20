// A run as text: for the terminal and for a README.
import path from "node:path";
import Table from "cli-table3";
import type { BenchSummary } from "../../contract/request.ts";
import { isMeasured, type MeasuredStep, measuredSteps, type Run, type Step } from "../../contract/result.ts";
import { figure, valuesText } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";
import { driftSentence } from "../compare/drift.ts";
import { clockSentence, marked, needsCorrection } from "./clocks.ts";
import { networkSentence } from "./networkFigures.ts";

/** Only where the clocks are known to be wrong. */
const CORRECTED = ["p50 corr.", "p99 corr."];

const HEADS = [
  "step",
  "offered/s",
  "delivered/s",
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
  const results = isMeasured(step)
    ? resultCells(step, corrected)
    : heads(corrected)
        .slice(2)
        .map(() => "-");
  return [valuesText(step.values as StepValues), ...results, step.verdict];
}

/** Between a step's values and its verdict. */
function resultCells(step: MeasuredStep, corrected: boolean): string[] {
  const { delayMs, correctedDelayMs, clocks, durationSeconds: seconds } = step;
  const rate = (count: number) => (seconds > 0 ? figure(count / seconds) : "-");
  return [
    ...[rate(step.offered), rate(step.delivered)],
    ...[delayMs.p50, delayMs.p90, delayMs.p99, delayMs["p99.9"], delayMs.max].map((ms) =>
      marked(ms, clocks.errorMs),
    ),
    ...(corrected
      ? [correctedDelayMs?.p50, correctedDelayMs?.p99].map((ms) => marked(ms ?? null, clocks.boundMs))
      : []),
    ...[step.lost, step.duplicated, step.late].map(String),
    ...[figure(step.brokersCpu), figure(step.generator.cpu)],
  ];
}

/** The steps, the knee, and what is to be known of them; delays in ms. */
export function runTable(run: Run): string {
  const corrected = measuredSteps(run).some(needsCorrection);
  const table = new Table({ head: heads(corrected), style: { head: [], border: [], compact: true } });
  for (const step of run.steps) table.push(cells(step, corrected));
  return [
    table.toString(),
    `delays in ms, from the intended time to the consumer's hands; SLO: ${sloSentence(run)}`,
    kneeSentence(run),
    ...[clockSentence(run), driftSentence(run), networkSentence(run)].filter(
      (sentence) => sentence !== undefined,
    ),
    ...run.warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

/** The same for a README. */
export function markdownTable(run: Run): string {
  const row = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const corrected = measuredSteps(run).some(needsCorrection);
  const names = heads(corrected);
  return [
    row(names),
    row(names.map(() => "---")),
    ...run.steps.map((step) => row(cells(step, corrected))),
  ].join("\n");
}

export function sloSentence({ slo }: Run): string {
  return `p99 delay at most ${slo.p99Ms} ms, ${Number((100 * slo.delivered).toFixed(4))} % delivered, ${slo.lost === 0 ? "nothing" : `at most ${slo.lost}`} lost`;
}

/** One sentence: the limit, or why none is known. */
export function kneeSentence({ knee, searchReason, verdict, steps, conditions }: Run): string {
  if (knee) {
    const [low, high] = knee.interval;
    const range =
      high === null
        ? "no upper end was found"
        : `${Math.round(100 * knee.confidence)} % interval ${figure(low)} to ${figure(high)}`;
    return `knee: ${figure(knee.value)} ${knee.variable} (${range}); ${knee.reason}`;
  }
  if (searchReason) return `no knee: ${searchReason}`;
  if (conditions.benchmark.search) return `no knee: the run is not finished (${verdict})`;
  const good = steps.filter(meetsSlo).length;
  return `${good} of ${steps.length} steps met the SLO; no knee was searched`;
}

export function summaryOf(run: Run, folder: string): BenchSummary {
  return {
    run: run.run,
    verdict: run.verdict,
    results: path.resolve(folder),
    knee: kneeSentence(run),
    steps: run.steps.map(summaryStep),
    warnings: run.warnings,
  };
}

function summaryStep(step: Step): BenchSummary["steps"][number] {
  const values = step.values as Record<string, number | string>;
  const { verdict } = step;
  if (!isMeasured(step))
    return { values, offeredPerSec: 0, deliveredPerSec: 0, p50Ms: null, p99Ms: null, lost: 0, verdict };
  const { offered, delivered, durationSeconds, delayMs, lost } = step;
  return {
    values,
    offeredPerSec: durationSeconds > 0 ? offered / durationSeconds : 0,
    deliveredPerSec: durationSeconds > 0 ? delivered / durationSeconds : 0,
    p50Ms: delayMs.p50,
    p99Ms: delayMs.p99,
    lost,
    verdict,
  };
}
