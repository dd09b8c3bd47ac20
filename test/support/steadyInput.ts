import type { SteadyInput } from "../../bench/measure/steady.ts";

/** A second of a steady load of 1,000 messages, with changes. */
function steadySecond(changes: Partial<SteadyInput>): SteadyInput {
  return { offered: 1_000, delivered: 1_000, backlog: 5, p50Ms: 2, ...changes };
}

/** Seconds of a steady load of 1,000 messages, each with the changes for its index. */
export function steadySeconds(
  count: number,
  changes: (index: number) => Partial<SteadyInput>,
): SteadyInput[] {
  return Array.from({ length: count }, (_, index) => steadySecond(changes(index)));
}
