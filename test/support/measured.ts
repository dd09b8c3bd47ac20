import assert from "node:assert/strict";
import { isMeasured, type MeasuredStep, type Run, type Step } from "../../contract/result.ts";

/** A step, which must have results. */
export function measured(step: Step | undefined): MeasuredStep {
  assert.ok(step && isMeasured(step), step?.reasons.join("; ") ?? "there is no such step");
  return step;
}

/** All steps of a run, which must have results. */
export function allMeasured({ steps }: Pick<Run, "steps">): MeasuredStep[] {
  return steps.map(measured);
}
