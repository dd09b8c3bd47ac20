// How the loads of a run are scaled: as given, or as its preheat shows.
import type { RunRequest } from "../../contract/request.ts";
import { knownScale, type Scale } from "../../contract/scale.ts";
import { nextOfScaling } from "../plan/index.ts";
import type { PlannedStep, Trial } from "../plan/trial.ts";

/**
 * How the loads of a run are scaled; undefined: they are not.
 *
 * With `scale: auto` this runs the steps of the preheat, unless the request has the answer: that of the session before, or of an
 * earlier run of the same comparison.
 *
 * @param history the steps so far; `run` adds to it
 * @param run runs a step of the preheat
 */
export async function scaleOf(
  { workload, benchmark, scale }: Pick<RunRequest, "workload" | "benchmark" | "scale">,
  history: readonly Trial[],
  run: (step: PlannedStep) => Promise<void>,
): Promise<Scale | undefined> {
  const known = knownScale(benchmark, scale);
  if (known || benchmark.scale !== "auto") return known;
  for (;;) {
    const next = nextOfScaling({ workload, benchmark }, history);
    if ("scale" in next) return next.scale;
    await run(next.step);
  }
}
