import { mean } from "simple-statistics";
import { measuredSteps, type Run, type Second } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { slope } from "../contract/trend.ts";

/** With fewer measured seconds, there is no meaningful trend. */
const LEAST_SECONDS = 30;

/**
 * How p50, p99 and the agents' memory drifted during a soak: the least-squares line through its measured seconds.
 *
 * @returns undefined if the run is not a soak or was too short
 */
export function driftSentence(run: Pick<Run, "steps">): string | undefined {
  const soak = measuredSteps(run).find(({ phase }) => phase === "soak");
  const seconds = soak?.seconds.filter(({ measured }) => measured) ?? [];
  if (seconds.length < LEAST_SECONDS) return undefined;
  const metrics = [
    drift("p50", "ms", seconds, ({ latencyMs }) => latencyMs.p50),
    drift("p99", "ms", seconds, ({ latencyMs }) => latencyMs.p99),
    drift("memory of the agents", "MiB", seconds, ({ generator }) => generator.memoryMiB),
  ];
  return `drift over ${seconds.length} s: ${metrics.join("; ")}`;
}

function drift(
  name: string,
  unit: string,
  seconds: readonly Second[],
  select: (second: Second) => number | null,
): string {
  const values = seconds.map(select).filter((value) => value !== null);
  if (values.length < 2) return `${name}: unknown`;
  const perSec = slope(values);
  const sign = perSec < 0 ? "-" : "+";
  return `${name} ${formatNumber(mean(values))} ${unit}, ${sign}${formatNumber(Math.abs(perSec * 3600))} ${unit} per hour`;
}
