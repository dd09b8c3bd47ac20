// How messages arrived: evenly spaced messages find shorter queues than messages of many independent senders.
import type { Run, Step } from "../contract/result.ts";
import { varied } from "./series.ts";

const NOTES: Readonly<Record<string, string>> = {
  constant: "evenly spaced; near the limit, latencies of independent senders (poisson) are longer",
  poisson: "as from independent senders",
};

/** How messages arrived in the steps of a run: "arrivals: constant (evenly spaced; …)". undefined: not known. */
export function arrivalSentence({
  steps,
  conditions,
}: Pick<Run, "steps" | "conditions">): string | undefined {
  const used = [...new Set(steps.map((step) => arrivalOf(step, conditions)))].filter(
    (text) => text !== undefined,
  );
  if (used.length === 0) return undefined;
  if (used.length > 1) return `arrivals: ${used.join(" and ")}, as each step says`;
  const note = NOTES[used[0] as string];
  return `arrivals: ${used[0]}${note === undefined ? "" : ` (${note})`}`;
}

function arrivalOf(step: Step, { workload }: Run["conditions"]): string | undefined {
  const arrival = varied(step, "arrival") ?? workload.arrival;
  if (typeof arrival === "string") return arrival;
  if (typeof arrival !== "object" || arrival === null) return undefined;
  const { burst, ramp } = arrival as { burst?: { size: number }; ramp?: { from: number; over: number } };
  if (burst) return `bursts of ${burst.size}`;
  return ramp && `a ramp from ${ramp.from} of the rate over ${ramp.over} s`;
}
