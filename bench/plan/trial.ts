// A finished step and a planned one, as far as planning needs them.
import { isMeasured, type Step } from "../../contract/result.ts";
import type { StepVerdict } from "../../contract/verdicts.ts";
import type { StepValues } from "../../contract/workload.ts";

/** A finished step, as far as planning needs it. */
export interface Trial {
  phase: Step["phase"];
  values: StepValues;
  verdict: StepVerdict;
  reasons: readonly string[];
  p99Ms: number | null;
  /** How long all of it took. */
  seconds: number;
}

/** A step that is still to be run. */
export interface PlannedStep {
  phase: Trial["phase"];
  values: StepValues;
}

/** A finished step as a trial. @param seconds how long all of it took */
export function trialOf(step: Step, seconds: number): Trial {
  const { phase, values, verdict, reasons } = step;
  const p99Ms = isMeasured(step) ? step.latencyMs.p99 : null;
  return { phase, values: values as StepValues, verdict, reasons, p99Ms, seconds };
}

/** What a step of an earlier session took, about, in seconds. */
export function lengthOf(step: Step): number {
  if (!isMeasured(step)) return 0;
  const { warmUpSeconds, durationSeconds, drainSeconds, connectSeconds } = step;
  return connectSeconds + warmUpSeconds + durationSeconds + (drainSeconds ?? 0);
}
