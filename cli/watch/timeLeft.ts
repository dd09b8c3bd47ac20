// Estimates the remaining time of a run from its events.
import { completeBenchmarkSchema, completeWorkloadSchema } from "../../contract/completeWorkload.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
import type { RunEvent } from "../../contract/result.ts";
import type { Length } from "../../contract/runLength.ts";
import { RemainingRun } from "../bench/remainingRun.ts";

/** Follows the steps of a run, and estimates how long the others take. */
export class TimeLeft {
  private remaining: RemainingRun | undefined;

  /** Takes an event. @returns the estimate, in s, when it has changed; undefined also for a run of another version */
  take(event: RunEvent): Length | undefined {
    if (event.event === "run" && !event.resumed) this.remaining = remainingOf(event);
    if (!this.remaining) return undefined;
    if (event.event === "step-started") this.remaining.begin(event.step, Date.parse(event.at));
    else if (event.event === "step") this.remaining.finish(event.result, Date.parse(event.at));
    else if (event.event === "scale") this.remaining.scale(event);
    else if (event.event !== "run") return undefined;
    return this.remaining.unfinishedSteps();
  }
}

function remainingOf({
  scenario,
  conditions,
}: Extract<RunEvent, { event: "run" }>): RemainingRun | undefined {
  const workload = completeWorkloadSchema.safeParse(conditions.workload, { error: plainMessage });
  const benchmark = completeBenchmarkSchema.safeParse(conditions.benchmark, { error: plainMessage });
  if (!workload.success || !benchmark.success) return undefined;
  const planned = {
    scenario,
    nodes: conditions.nodes.length,
    workload: workload.data,
    benchmark: benchmark.data,
  };
  return new RemainingRun(planned, []);
}
