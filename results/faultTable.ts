// The faults of a run as a table: the same cells in the terminal, in Markdown and in the report.
import type { FaultRecord } from "../contract/faults.ts";
import type { FaultRecovery } from "../contract/recovery.ts";
import { isMeasured, type MeasuredStep, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { stepName } from "./steps.ts";

/** Column headings of {@link faultRows}. */
export const FAULT_HEADS = [
  "step",
  "fault",
  "target",
  "lasted s",
  "unavailable s",
  "p99 good after s",
  "backlog peak",
  "acknowledged and lost",
  "duplicated",
  "reordered",
] as const;

/** Further columns of the report, after the others. */
export const FAULT_DETAIL_HEADS = [
  "p99 good since the start s",
  "backlog gone after s",
  "largest latency ms",
  "hit",
] as const;

const NONE = "-";

/** A fault of a step, and what it did; undefined: it did not begin, or the step has no results. */
interface StepFault {
  step: MeasuredStep | undefined;
  name: string;
  fault: FaultRecord;
  recovery: FaultRecovery | undefined;
}

/** A row for each fault of a run, in the order of their times. */
export function faultRows(run: Pick<Run, "steps">): string[][] {
  return faultsOf(run).map(cells);
}

/** The same with the columns of the report. */
export function detailedFaultRows(run: Pick<Run, "steps">): string[][] {
  return faultsOf(run).map((each) => [...cells(each), ...details(each)]);
}

function faultsOf({ steps }: Pick<Run, "steps">): StepFault[] {
  return steps.flatMap((step) =>
    (step.faults ?? []).map((fault) => ({
      step: isMeasured(step) ? step : undefined,
      name: stepName(step),
      fault,
      recovery: isMeasured(step) ? step.recovery?.find((each) => each.fault === fault.number) : undefined,
    })),
  );
}

function cells({ step, name, fault, recovery }: StepFault): string[] {
  const lost = step && (step.logCheck?.missing ?? step.lost);
  const duplicated = step && (step.logCheck?.duplicated ?? step.duplicated);
  const reordered = step && (step.logCheck?.reordered ?? step.reordered);
  return [
    name,
    fault.fault,
    fault.target,
    lastedText(fault),
    recovery ? unavailableText(recovery.unavailable) : NONE,
    recovery ? afterText(recovery.latency.sinceEndSec, recovery) : NONE,
    recovery ? String(recovery.backlog.peak) : NONE,
    ...[lost, duplicated, reordered].map((count) => (count === undefined ? NONE : String(count))),
  ];
}

function details({ fault, recovery }: StepFault): string[] {
  const hit = fault.hit.join(", ") || NONE;
  if (!recovery) return [NONE, NONE, NONE, hit];
  const { latency, backlog } = recovery;
  return [
    afterText(latency.sinceStartSec, recovery),
    afterText(backlog.sinceEndSec, recovery),
    formatNumber(latency.maxMs),
    hit,
  ];
}

/** "5.2", "did not begin", "not known". */
function lastedText({ startedAt, endedAt }: FaultRecord): string {
  if (startedAt === null) return "did not begin";
  return endedAt === null ? "not known" : formatNumber((endedAt - startedAt) / 1_000);
}

/** "5.1 (median 0.02) ± 0.03", "2 of 12 partitions not again". */
function unavailableText(unavailable: FaultRecovery["unavailable"]): string {
  if (!unavailable) return NONE;
  const { partitions, notAgain, longestSec, medianSec, uncertainSec } = unavailable;
  const error = `± ${formatNumber(uncertainSec)}`;
  if (notAgain > 0) return `${notAgain} of ${partitions} partitions not again`;
  return partitions === 1
    ? `${formatNumber(longestSec)} ${error}`
    : `${formatNumber(longestSec)} (median ${formatNumber(medianSec)}) ${error}`;
}

/** "2.3", "not within 22 s". */
function afterText(seconds: number | null, { observedSec }: FaultRecovery): string {
  return seconds === null ? `not within ${formatNumber(observedSec)} s` : formatNumber(seconds);
}

/** What the columns mean, for below the table. Only what the faults of this run need. */
export function faultNotes(run: Pick<Run, "steps">): string[] {
  const all = faultsOf(run);
  const recoveries = all.flatMap(({ recovery }) => recovery ?? []);
  const limits = new Set(
    recoveries.map(({ latency: { limitMs, limitOf } }) =>
      limitOf === "slo"
        ? `within the SLO of ${formatNumber(limitMs)} ms`
        : `below ${formatNumber(limitMs)} ms, twice the p99 before the fault`,
    ),
  );
  const checked = all.filter(({ step }) => step?.logCheck).length;
  const source =
    checked === all.length
      ? "from the log check"
      : checked === 0
        ? "from what consumers got, since there was no log check"
        : "from the log check where there was one, else from what consumers got";
  return [
    "Unavailable: from the fault to the first acknowledgement of a message that was due after it, of the partition that took longest.",
    ...(limits.size > 0
      ? [
          `p99 good: ${[...limits].join("; ")}, in 3 seconds in a row, counted from the end of the fault (± 1 s); not within: until the next fault or the end of the load.`,
        ]
      : []),
    `Lost, duplicated and reordered: all messages of the step, ${source}.`,
  ];
}
