// The report's tables with a row for each step.
import { isMeasured, type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { marked } from "../clocks.ts";
import { perSec, receivedPerSec, stepName } from "../steps.ts";
import { type Html, html, table } from "./page.ts";

/** Offered and delivered load, latencies and verdict of each step. */
export function stepsTable({ steps }: Run): Html {
  const heads = [
    "step",
    "offered/s",
    "delivered/s",
    "received/s",
    "p50 ms",
    "p90",
    "p99",
    "p99.9",
    "p99.99",
    "max",
    "p99 of the slowest producer",
    "verdict",
  ];
  return table(
    heads,
    steps.map((step) => [
      stepName(step),
      ...(isMeasured(step) ? resultCells(step) : NO_RESULTS),
      html`<span class="${meetsSlo(step) ? "ok" : "missed"}">${step.verdict}</span>`,
    ]),
  );
}

/** The cells between a step's name and its verdict. */
function resultCells(step: MeasuredStep): string[] {
  const { latencyMs, slowestProducer } = step;
  return [
    formatNumber(perSec(step.offered, step) ?? 0),
    formatNumber(perSec(step.delivered, step)),
    formatNumber(receivedPerSec(step)),
    ...[
      latencyMs.p50,
      latencyMs.p90,
      latencyMs.p99,
      latencyMs["p99.9"],
      latencyMs["p99.99"],
      latencyMs.max,
    ].map((ms) => marked(ms, step.clocks.errorMs)),
    formatNumber(slowestProducer?.p99),
  ];
}
/** The same cells for a failed step. */
const NO_RESULTS: readonly string[] = Array.from({ length: 10 }, () => "-");

/** The reasons for the verdicts. */
export function stepReasons({ steps }: Run): Html[] {
  return steps
    .filter(({ reasons }) => reasons.length > 0)
    .map((step) => html`<p class="faint">${stepName(step)}: ${step.reasons.join("; ")}.</p>`);
}

/** What happened to the messages of each step. */
export function lossTable(run: Run): Html {
  const heads = [
    "step",
    "offered",
    "sent",
    "acknowledged",
    "delivered",
    "lost",
    "pending",
    "duplicated",
    "read again",
    "reordered",
    "late",
    "unsent",
    "errors",
    "undelivered at the end of the load",
    "drain s",
  ];
  return table(
    heads,
    measuredSteps(run).map((step) => [
      stepName(step),
      ...[step.offered, step.sent, step.acked, step.delivered, step.lost, step.pending ?? "-"],
      ...[step.duplicated, step.reread ?? "-", step.reordered, step.late, step.unsent],
      Object.entries(step.errors)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(", ") || 0,
      ...[step.backlogAtEnd, step.drainSeconds === null ? "not finished" : formatNumber(step.drainSeconds)],
    ]),
  );
}

/** How late the load generator was, and what it used, in each step. */
export function generatorTable(run: Run): Html {
  const heads = [
    "step",
    "schedule lag p99 ms",
    "schedule lag max ms",
    "event loop delay p99 ms",
    "CPUs of the busiest agent",
    "CPUs of all agents",
    "time waiting for a CPU",
    "event loop delay of the worst consumer ms",
    "its time waiting for a CPU",
    "memory MiB",
    "connect time s",
    "send to ack p99 ms",
    "send to receive p99 ms",
  ];
  return table(
    heads,
    measuredSteps(run).map((step) => {
      const { generator, connectSeconds, ackMs, sendToReceiveMs } = step;
      return [
        stepName(step),
        ...[generator.scheduleLagMsP99, generator.scheduleLagMsMax, generator.eventLoopDelayMsP99].map(
          formatNumber,
        ),
        ...[generator.cpu, generator.cpuTotal].map(formatNumber),
        percent(generator.cpuWait),
        ...[formatNumber(generator.consumers?.eventLoopDelayMs), percent(generator.consumers?.cpuWait)],
        ...[generator.memoryMiB, connectSeconds, ackMs.p99, sendToReceiveMs.p99].map(formatNumber),
      ];
    }),
  );
}

function percent(share: number | null | undefined): string {
  return typeof share === "number" ? `${formatNumber(100 * share)} %` : "-";
}
