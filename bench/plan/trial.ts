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
  p99Ms: number | null;
  /** Duration of the whole step. */
  seconds: number;
}

/** A step that has yet to run. */
export interface PlannedStep {
  phase: Trial["phase"];
  values: StepValues;
}

/** A finished step as a trial. @param seconds duration of the whole step */
export function trialOf(step: Step, seconds: number): Trial {
  const { phase, values, verdict, reasons } = step;
  const p99Ms = isMeasured(step) ? step.latencyMs.p99 : null;
  return { phase, values: values as StepValues, verdict, reasons, p99Ms, seconds };
}

/** Estimate of the duration of a step from an earlier session, in seconds. */
export function lengthOf(step: Step): number {
  if (!isMeasured(step)) return 0;
  const { warmUpSeconds, durationSeconds, drainSeconds, connectSeconds } = step;
  return connectSeconds + warmUpSeconds + durationSeconds + (drainSeconds ?? 0);
}
