import type { Findings } from "../exchange/findings.ts";
import { offsetLine } from "../exchange/offsetBounds.ts";

/** Largest offset of an agent's clock, ms. With larger ones, agents would not start and end a step together. */
const MOST_OFFSET_MS = 250;

/**
 * Checks the clocks of the agents before a step starts.
 *
 * @param exchange findings of the runner's timestamp exchange with the agents
 * @param nowUs the current time, µs since 1970
 * @throws Error that names the agents whose clocks are more than 250 ms from the runner's
 */
export function checkClocks(exchange: readonly Findings[], nowUs: number): void {
  const distant = exchange.flatMap((findings) => {
    const offsetMs = (offsetLine(findings.cells, nowUs, nowUs)?.offsetUs ?? 0) / 1_000;
    return Math.abs(offsetMs) > MOST_OFFSET_MS ? [`${findings.peer} by ${offsetMs.toFixed(1)} ms`] : [];
  });
  if (distant.length === 0) return;
  throw new Error(
    `clocks are too far from the runner's for a common start: ${distant.join(", ")}; see clockSync in docs/configuration.md, and compare on the nodes: date +%s.%N`,
  );
}
