import { type BrokerCounters, hasRestarted } from "../kafka/brokerCounters.ts";

/**
 * Unclean leader elections of the cluster between two readings: a replica that lacked acknowledged messages became the leader of a
 * partition. Every controller counts all of them, so the one that saw most counts. A controller that restarted in between counts
 * from 0, so the number is at least this.
 *
 * @returns null if no broker is a controller, or none was read
 */
export function uncleanElections(
  before: readonly (BrokerCounters | undefined)[],
  after: readonly (BrokerCounters | undefined)[],
): number | null {
  const counts = after.flatMap((to, index) => {
    if (!to || to.uncleanElections === null) return [];
    const from = before[index];
    const restarted = !from || hasRestarted(from, to);
    return [to.uncleanElections - (restarted ? 0 : (from.uncleanElections ?? 0))];
  });
  return counts.length > 0 ? Math.max(0, ...counts) : null;
}
