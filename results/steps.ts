// What steps have in common wherever they are shown or compared.
import { isMeasured, type MeasuredStep, type Step } from "../contract/result.ts";
import { valuesText } from "../contract/text.ts";
import { verdictOf } from "../contract/verdicts.ts";
import type { StepValues } from "../contract/workload.ts";

/** Whether a step tells something about the broker. */
export function isTelling(step: Step): step is MeasuredStep {
  return isMeasured(step) && verdictOf(step).tellsOfBroker;
}

/** "producers 200, acks all": what was varied in a step. */
export function stepValues({ values }: Pick<Step, "values">): string {
  return valuesText(values as StepValues);
}

/** "3: producers 200" */
export function stepName(step: Pick<Step, "step" | "values">): string {
  return `${step.step}: ${stepValues(step)}`;
}

/** A count of a step per second of its measured time; null: nothing was measured. */
export function perSec(
  count: number,
  { durationSeconds }: Pick<MeasuredStep, "durationSeconds">,
): number | null {
  return durationSeconds > 0 ? count / durationSeconds : null;
}

/** All trials of each value, without steps that tell nothing about the broker. */
export function stepsByValue(steps: readonly Step[]): Map<string, MeasuredStep[]> {
  const byValue = new Map<string, MeasuredStep[]>();
  for (const step of steps.filter(isTelling)) {
    const value = stepValues(step);
    byValue.set(value, [...(byValue.get(value) ?? []), step]);
  }
  return byValue;
}
