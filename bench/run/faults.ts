// What agents do wrong on purpose (bench/agent/fault.ts, clockFault.ts), as the results tell it: plain functions.
import type { ConsumerTotals } from "../agent/protocol.ts";
import type { Fleet } from "./fleet.ts";

/** Messages that consumers left out; of a step in which none could, there is no such figure. */
export function skippedOnPurpose(consumed: readonly ConsumerTotals[]): { skippedOnPurpose?: number } {
  const counts = consumed.flatMap(({ skipped }) => skipped ?? []);
  return counts.length > 0 ? { skippedOnPurpose: counts.reduce((sum, each) => sum + each, 0) } : {};
}

export function faultReasons(consumed: readonly ConsumerTotals[]): string[] {
  const { skippedOnPurpose: skipped } = skippedOnPurpose(consumed);
  return skipped === undefined
    ? []
    : [`consumers left out ${skipped} messages on purpose: this is no measurement`];
}

/** A line for each agent that has a fault. */
export function faultWarnings({ producers, consumers }: Fleet): string[] {
  return [...producers, ...consumers].flatMap(({ task, node, hello }) =>
    hello.faults.map(
      (fault) => `${task} on ${node} does wrong on purpose (${fault}): this is no measurement`,
    ),
  );
}
