// Faults as the results report them: those that agents inject on purpose in calibrations (bench/agent/fault.ts, clockFault.ts),
// and those of `benchmark.faults`.
import { type Client, clientOf } from "../../contract/clients.ts";
import type { Benchmark, Workload } from "../../contract/workload.ts";
import type { ConsumerTotals } from "../agent/protocol.ts";
import type { Fleet } from "./fleet.ts";

/** Number of messages that consumers skipped on purpose; undefined if no consumer has this fault. */
export function skippedOnPurpose(consumed: readonly ConsumerTotals[]): number | undefined {
  const counts = consumed.flatMap(({ skipped }) => skipped ?? []);
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}

/** The reason that is added to a step with skipped messages; empty for other steps. */
export function faultReasons(consumed: readonly ConsumerTotals[]): string[] {
  const skipped = skippedOnPurpose(consumed);
  return skipped === undefined
    ? []
    : [`consumers skipped ${skipped} messages on purpose: this is not a measurement`];
}

/** The reason that is added to a step with faults of `benchmark.faults`. @param count how many it has, 1 or more */
export function plannedFaultReasons(count: number): string[] {
  const faults = count === 1 ? "1 fault was" : `${count} faults were`;
  return [`${faults} planned in this step (benchmark.faults), so whether it was steady does not count`];
}

/** A warning for each fault of an agent. */
export function faultWarnings({ producers, consumers }: Fleet): string[] {
  return [...producers, ...consumers].flatMap(({ task, node, hello }) =>
    hello.faults.map(
      (fault) => `${task} on ${node} has an injected fault (${fault}): this is not a measurement`,
    ),
  );
}

/** A warning for each client of a run with faults whose idempotent producer is known to be wrong if a broker fails. */
export function idempotenceWarnings(
  { client, idempotent }: Pick<Workload, "client" | "idempotent">,
  { faults = [], sweep }: Pick<Benchmark, "faults" | "sweep">,
): string[] {
  if (!idempotent || faults.length === 0) return [];
  const clients = (sweep?.client ?? [client]) as Client[];
  return clients.flatMap((name) => {
    const { idempotenceError } = clientOf(name);
    return idempotenceError === undefined
      ? []
      : [
          `this run has faults and an idempotent producer of ${name}: ${idempotenceError} (docs/faults.md); set workload.idempotent: false, or another client`,
        ];
  });
}
