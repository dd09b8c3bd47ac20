// What consumer groups have read of the log, and what they have yet to read.
import type { OffsetRange } from "../agent/positions.ts";

/** The first and the end offset of each partition of the log. */
export type LogOffsets = Record<number, { low: number; end: number }>;

type Position = OffsetRange & { partition: number };

/**
 * Number of offsets of the log that the groups have yet to read, in all groups.
 *
 * @param groups what the tasks of each group have read
 * @param starts offsets at which groups begin to read. Default: the first of the log
 */
export function unreadOf(
  groups: readonly (readonly Position[])[],
  log: LogOffsets,
  starts: Readonly<Record<number, string>> = {},
): number {
  let unread = 0;
  for (const positions of groups) {
    const reached = new Map<number, number>();
    for (const { partition, to } of positions) {
      reached.set(partition, Math.max(to, reached.get(partition) ?? 0));
    }
    for (const [partition, { low, end }] of Object.entries(log)) {
      const start = Number(starts[Number(partition)] ?? 0);
      unread += Math.max(0, end - Math.max(low, start, reached.get(Number(partition)) ?? 0));
    }
  }
  return unread;
}

/** What the tasks of each group have read, one array per group. */
export function positionsByGroup(tasks: readonly { positions: Record<string, Position[]> }[]): Position[][] {
  const groups = new Map<string, Position[]>();
  for (const [name, positions] of tasks.flatMap((task) => Object.entries(task.positions))) {
    groups.set(name, [...(groups.get(name) ?? []), ...positions]);
  }
  return [...groups.values()];
}

/** Number of offsets that more than one task of a group has read, counted once for each additional task. */
export function overlapOf(tasks: readonly (readonly Position[])[]): number {
  const byPartition = new Map<number, Position[]>();
  for (const position of tasks.flat()) {
    byPartition.set(position.partition, [...(byPartition.get(position.partition) ?? []), position]);
  }
  let overlap = 0;
  for (const ranges of byPartition.values()) {
    let readTo = Number.NEGATIVE_INFINITY;
    for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
      overlap += Math.max(0, Math.min(to, readTo) - from);
      readTo = Math.max(readTo, to);
    }
  }
  return overlap;
}
