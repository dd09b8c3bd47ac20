// Functions on steps that tables, charts and comparisons share.
import { isMeasured, type MeasuredStep, type Run, type Step } from "../contract/result.ts";
import { valuesText } from "../contract/text.ts";
import { verdictOf } from "../contract/verdicts.ts";
import type { StepValues } from "../contract/workload.ts";

/** Whether the results of a step say something about the broker. */
export function isAboutBroker(step: Step): step is MeasuredStep {
  return isMeasured(step) && verdictOf(step).aboutBroker;
}

/** All steps in order: first those of the preheat, which do not count as evidence, then the others. */
export function allSteps({ preheat = [], steps }: Pick<Run, "preheat" | "steps">): Step[] {
  return [...preheat, ...steps];
}

/** The varied values of a step: "producers 200, acks all". */
export function stepValues({ values }: Pick<Step, "values">): string {
  return valuesText(values as StepValues);
}

/** Number and varied values of a step: "3: producers 200". */
export function stepName(step: Pick<Step, "step" | "values">): string {
  return `${step.step}: ${stepValues(step)}`;
}

/** A count per second of the measured time; null if the measured time is 0. */
export function perSec(
  count: number,
  { durationSeconds }: Pick<MeasuredStep, "durationSeconds">,
): number | null {
  return durationSeconds > 0 ? count / durationSeconds : null;
}

/** The throughput: messages that arrived per second of the measured time, whenever they were due; null: not known. */
export function receivedPerSec(step: Pick<MeasuredStep, "received" | "durationSeconds">): number | null {
  return step.received === undefined ? null : perSec(step.received, step);
}

/** All trials of each value, without steps that say nothing about the broker. */
export function stepsByValue(steps: readonly Step[]): Map<string, MeasuredStep[]> {
  const byValue = new Map<string, MeasuredStep[]>();
  for (const step of steps.filter(isAboutBroker)) {
    const value = stepValues(step);
    byValue.set(value, [...(byValue.get(value) ?? []), step]);
  }
  return byValue;
}
