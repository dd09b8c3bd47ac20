// Finished and planned steps, with the fields that planning needs.
import { isMeasured, type Step } from "../../contract/result.ts";
import type { StepVerdict } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";

/** A finished step, with the fields that planning needs. */
export interface Trial {
  phase: Step["phase"];
  values: StepValues;
  verdict: StepVerdict;
  reasons: readonly string[];
  /** Its verdicts for the other SLOs of the search. Absent: there is one SLO. */
  otherSlos?: Step["otherSlos"];
  /** The p99 of the SLO whose knee it looked for. Absent: there is one SLO. */
  searchedP99Ms?: number;
  p99Ms: number | null;
  /** Median latency. Absent: not known. */
  p50Ms?: number | null;
  /** JIT compiler threads at work in the broker with the most, on average. Absent or null: not known. */
  brokersJitThreads?: number | null;
  /** Duration of the whole step. */
  seconds: number;
}

/** A step that has yet to run. */
export interface PlannedStep {
  phase: Trial["phase"];
  values: StepValues;
  /** The p99 of the SLO whose knee it looks for. Absent: the search has one SLO. */
  searchedP99Ms?: number;
}

/** A finished step as a trial. @param seconds duration of the whole step */
export function trialOf(step: Step, seconds: number): Trial {
  const { phase, values, verdict, reasons, otherSlos, searchedP99Ms } = step;
  const trial = {
    phase,
    values: values as StepValues,
    verdict,
    reasons,
    otherSlos,
    searchedP99Ms,
    seconds,
  };
  if (!isMeasured(step)) return { ...trial, p99Ms: null };
  const { latencyMs, brokersJitThreads } = step;
  return { ...trial, p99Ms: latencyMs.p99, p50Ms: latencyMs.p50, brokersJitThreads };
}

/** Estimate of the duration of a step that an earlier session finished, in seconds. */
export function estimatedSeconds(step: Step): number {
  if (!isMeasured(step)) return 0;
  const { warmUpSeconds, durationSeconds, drainSeconds, connectSeconds } = step;
  return connectSeconds + warmUpSeconds + durationSeconds + (drainSeconds ?? 0);
}

/**
 * Whether a step that had too few messages for a p99 shows nothing bad: no message was late; or the median changed while it was
 * measured, but is within the limit for the p99.
 */
export function looksGood({ verdict, p50Ms }: Pick<Trial, "verdict" | "p50Ms">, sloP99Ms: number): boolean {
  if (verdict === "not-decidable") return true;
  return verdict === "not-steady" && typeof p50Ms === "number" && p50Ms <= sloP99Ms;
}

/** How long steps took, with one more that is as long as the longest of them, s. @param history at least one */
export function secondsWithNext(history: readonly Trial[]): number {
  const seconds = history.map((trial) => trial.seconds);
  return seconds.reduce((sum, each) => sum + each, 0) + Math.max(...seconds);
}
