// Results of a search for its other SLOs (search.otherP99Ms).
import { isMeasured, type OtherKnee, type Run, type Step } from "../contract/result.ts";

/** The run as it would be with another SLO: its knee, and the verdicts of its steps. */
export function runWithSlo<R extends Pick<Run, "steps" | "slo">>(run: R, other: OtherKnee): R & OtherKnee {
  const { slo, knee, bracket, searchReason } = other;
  const steps = run.steps.map((step) => stepWithSlo(step, slo.p99Ms));
  return { ...run, slo, knee, bracket, searchReason, steps };
}

function stepWithSlo(step: Step, p99Ms: number): Step {
  const other = step.otherSlos?.find((each) => each.p99Ms === p99Ms);
  if (!other || !isMeasured(step)) return step;
  return { ...step, verdict: other.verdict, reasons: other.reasons };
}
