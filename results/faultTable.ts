// The faults of a run as a table: the same cells in the terminal, in Markdown and in the report.
import type { FaultRecord } from "../contract/faults.ts";
import type { FaultRecovery } from "../contract/recovery.ts";
import { isMeasured, type MeasuredStep, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import {
  type Attribution,
  add,
  attributionOf,
  type Deviations,
  noDeviations,
  UNDER_WAY_SEC,
} from "./faultDeviations.ts";
import { stepName } from "./steps.ts";
import { capitalize } from "./text.ts";

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
/** The counts of a fault that began together with one of a row above. */
const ABOVE = "see above";

/** A fault of a step, and what it did; undefined: it did not begin, or the step has no results. */
interface StepFault {
  step: MeasuredStep | undefined;
  name: string;
  fault: FaultRecord;
  recovery: FaultRecovery | undefined;
  /** Of the step. undefined: it is not known when its lost, duplicated and reordered messages were due. */
  attribution: Attribution | undefined;
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
  return steps.flatMap((each) => {
    const step = isMeasured(each) ? each : undefined;
    const attribution = step && attributionOf(step);
    return (each.faults ?? []).map((fault) => ({
      step,
      name: stepName(each),
      fault,
      recovery: step?.recovery?.find((recovery) => recovery.fault === fault.number),
      attribution,
    }));
  });
}

function cells(each: StepFault): string[] {
  const { name, fault, recovery } = each;
  return [
    name,
    fault.fault,
    fault.target,
    lastedText(fault),
    recovery ? unavailableText(recovery.unavailable) : NONE,
    recovery ? afterText(recovery.latency.sinceEndSec, recovery) : NONE,
    recovery ? String(recovery.backlog.peak) : NONE,
    ...deviationCells(each),
  ];
}

/** Lost, duplicated and reordered messages of the fault, or of its whole step if it is not known when they were due. */
function deviationCells({ step, fault, attribution }: StepFault): string[] {
  if (!step) return [NONE, NONE, NONE];
  if (!attribution) {
    const { missing, duplicated, reordered } = step.logCheck ?? { ...step, missing: step.lost };
    return [missing, duplicated, reordered].map(String);
  }
  const group = attribution.groups.find(({ faults }) => faults.includes(fault.number));
  if (!group) return [NONE, NONE, NONE];
  if (group.faults[0] !== fault.number) return [ABOVE, ABOVE, ABOVE];
  const { missing, duplicated, reordered } = group.deviations;
  return [missing, duplicated, reordered].map(String);
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
  return [
    "Unavailable: from the fault to the first acknowledgement of a message that was due after it, of the partition that took longest.",
    ...(limits.size > 0
      ? [
          `p99 good: ${[...limits].join("; ")}, in 3 seconds in a row, counted from the end of the fault (± 1 s); not within: until the next fault or the end of the load.`,
        ]
      : []),
    ...deviationNotes(all),
  ];
}

/** To which messages the columns of lost, duplicated and reordered ones refer. */
function deviationNotes(all: readonly StepFault[]): string[] {
  const attributions = [...new Set(all.flatMap(({ attribution }) => attribution ?? []))];
  const undivided = all.flatMap(({ step, attribution }) => (attribution ? [] : (step ?? [])));
  const ofStep = `all messages of the step, ${sourceText(undivided)}`;
  if (attributions.length === 0)
    return undivided.length > 0 ? [`Lost, duplicated and reordered: ${ofStep}.`] : [];
  const total = (part: "before" | "unlisted") => {
    const sum = noDeviations();
    for (const attribution of attributions) add(sum, attribution[part]);
    return sum;
  };
  const isShared = attributions.some(({ groups }) => groups.some(({ faults }) => faults.length > 1));
  return [
    `Lost, duplicated and reordered: those of the step's log check that were due from ${UNDER_WAY_SEC} s before the fault (± 1 s) to ${UNDER_WAY_SEC} s before the next one.`,
    ...(undivided.length > 0 ? [`In steps where it is not known when they were due: ${ofStep}.`] : []),
    ...countNote("Belonging to no fault", total("before")),
    ...countNote("In further seconds, which are not listed in run.json", total("unlisted")),
    ...(isShared
      ? [
          `${capitalize(ABOVE)}: the fault began within a second of one above, with which it shares the counts.`,
        ]
      : []),
  ];
}

/** Where the counts of steps come from. */
function sourceText(steps: readonly MeasuredStep[]): string {
  const checked = steps.filter(({ logCheck }) => logCheck).length;
  if (checked === steps.length) return "from the log check";
  return checked === 0
    ? "from what consumers got, since there was no log check"
    : "from the log check where there was one, else from what consumers got";
}

/** "Belonging to no fault: 3 lost, 1 duplicated." Empty: no messages. */
function countNote(when: string, { missing, duplicated, reordered }: Deviations): string[] {
  const counts = { lost: missing, duplicated, reordered };
  const texts = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  return texts.length > 0 ? [`${when}: ${texts.join(", ")}.`] : [];
}
