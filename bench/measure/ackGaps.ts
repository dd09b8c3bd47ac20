// When each partition acknowledged nothing, in a form that is small and tells of a fault at any time how long the partition was
// unavailable. A producer task does not know when faults act, because they are caused elsewhere.
//
// A gap is the time between two acknowledgements of a partition. Gaps do not overlap, so the longest ones are few, however many
// messages wait behind them: of each partition a task keeps the longest, and the length of the longest that it dropped. A fault
// whose gap was dropped made the partition unavailable for no longer than that. Counts per second would blur the answer by a
// second, and a list of all acknowledgements would grow with the load.
//
// The answer that ends a gap may be to a message that was under way before it. So a gap also has the first acknowledgement of a
// message that was due within it or later.
import type { PartitionGaps } from "../../contract/recovery.ts";

/** Number of gaps that are kept of each partition: more than a step has faults. */
const MOST_KEPT = 32;
const LEAST_KEPT = 4;
/** Number of gaps that are kept of all partitions together, as far as {@link LEAST_KEPT} allows. */
const KEPT_IN_ALL = 10_000;

/** Nothing was acknowledged between `from` and `to`, and the first message that was due after `from` at `acked`. */
type Gap = PartitionGaps["gaps"][number];

/** Number of gaps to keep of each partition. @param partitions number of partitions of all topics */
export function gapsKept(partitions: number): number {
  return Math.min(MOST_KEPT, Math.max(LEAST_KEPT, Math.floor(KEPT_IN_ALL / Math.max(1, partitions))));
}

/** The longest gaps of one partition. */
interface Longest {
  gaps: Gap[];
  /** Length of the longest gap that was dropped; 0: none was. */
  dropped: number;
}

interface Partition extends Longest {
  /** Time of its latest acknowledgement. */
  latest: number;
  /** Those of its gaps of which no message that was due after their start has been acknowledged yet. */
  open: Gap[];
}

/** Records the gaps between the acknowledgements of one producer task. */
export class AckGaps {
  private readonly partitions = new Map<number, Partition>();
  private readonly startUs: number;
  private readonly most: number;

  /** @param startUs start of the load, µs since 1970. @param most gaps of each partition ({@link gapsKept}) */
  constructor(startUs: number, most: number) {
    this.startUs = startUs;
    this.most = most;
  }

  /** Adds an acknowledgement, in the order in which they arrive. Times in µs since 1970. */
  add(partition: number, intendedUs: number, ackedUs: number): void {
    let own = this.partitions.get(partition);
    if (!own) {
      own = { latest: this.startUs, gaps: [], dropped: 0, open: [] };
      this.partitions.set(partition, own);
    }
    if (ackedUs > own.latest) {
      const gap: Gap = [own.latest, ackedUs, Number.POSITIVE_INFINITY];
      if (keep(own, gap, this.most)) own.open.push(gap);
      own.latest = ackedUs;
    }
    if (own.open.length > 0) own.open = own.open.filter((gap) => !closes(gap, intendedUs, ackedUs));
  }

  /**
   * Adds the answer to a batch. Of one for several partitions it is not known which message went where, so that the earliest one
   * counts for all of them.
   *
   * @param first number of the topic's first partition among those of all topics. @param partitions those that acknowledged it
   */
  addBatch(
    messages: readonly { intendedUs: number }[],
    first: number,
    partitions: readonly number[],
    ackedUs: number,
  ): void {
    const message = partitions.length === 1 ? messages.at(-1) : messages[0];
    if (!message) return;
    for (const partition of partitions) this.add(first + partition, message.intendedUs, ackedUs);
  }

  /** The gaps so far, in whole ms. Partitions without an acknowledgement are absent. */
  all(): PartitionGaps[] {
    return [...this.partitions].map(([partition, { latest, gaps, dropped }]) => ({
      partition,
      latestMs: inMs(latest),
      droppedMs: Math.ceil(dropped / 1_000),
      gaps: inOrder(gaps).map(
        ([from, to, acked]): Gap => [
          inMs(from),
          inMs(to),
          inMs(acked < Number.POSITIVE_INFINITY ? acked : to),
        ],
      ),
    }));
  }
}

/** Records that a message was acknowledged, if it was due after the start of a gap. @returns whether it was */
function closes(gap: Gap, intendedUs: number, ackedUs: number): boolean {
  if (intendedUs < gap[0]) return false;
  gap[2] = ackedUs;
  return true;
}

/**
 * The gaps of each partition over all producer tasks: the times in which none of them got an acknowledgement. Tasks that got none
 * at all from a partition say nothing about it.
 */
export function mergedGaps(tasks: readonly (readonly PartitionGaps[])[]): PartitionGaps[] {
  const byPartition = new Map<number, PartitionGaps>();
  for (const own of tasks.flat()) {
    const other = byPartition.get(own.partition);
    byPartition.set(own.partition, other ? merged(other, own) : own);
  }
  const most = gapsKept(byPartition.size);
  return [...byPartition.values()]
    .sort((a, b) => a.partition - b.partition)
    .map(({ partition, latestMs, droppedMs, gaps }) => {
      const longest: Longest = { gaps: [], dropped: droppedMs };
      for (const gap of gaps) keep(longest, gap, most);
      return { partition, latestMs, droppedMs: longest.dropped, gaps: inOrder(longest.gaps) };
    });
}

function merged(a: PartitionGaps, b: PartitionGaps): PartitionGaps {
  const gaps: Gap[] = [];
  for (const [fromA, toA, ackedA] of withEnd(a)) {
    for (const [fromB, toB, ackedB] of withEnd(b)) {
      const [from, to] = [Math.max(fromA, fromB), Math.min(toA, toB)];
      if (from < to && to < Number.POSITIVE_INFINITY)
        gaps.push([from, to, Math.max(to, Math.min(ackedA, ackedB))]);
    }
  }
  return {
    partition: a.partition,
    latestMs: Math.max(a.latestMs, b.latestMs),
    droppedMs: Math.max(a.droppedMs, b.droppedMs),
    gaps,
  };
}

/** After the latest acknowledgement there is a gap without an end. */
function withEnd({ gaps, latestMs }: PartitionGaps): Gap[] {
  return [...gaps, [latestMs, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]];
}

const lengthOf = ([from, to]: Gap) => to - from;

/** Keeps a gap if it is one of the longest. @returns whether it is */
function keep(longest: Longest, gap: Gap, most: number): boolean {
  const { gaps } = longest;
  if (gaps.length < most) {
    gaps.push(gap);
    return true;
  }
  let shortest = 0;
  for (let index = 1; index < gaps.length; index += 1)
    if (lengthOf(gaps[index] as Gap) < lengthOf(gaps[shortest] as Gap)) shortest = index;
  const isLonger = lengthOf(gap) > lengthOf(gaps[shortest] as Gap);
  longest.dropped = Math.max(longest.dropped, lengthOf(isLonger ? (gaps[shortest] as Gap) : gap));
  if (isLonger) gaps[shortest] = gap;
  return isLonger;
}

const inOrder = (gaps: readonly Gap[]) => gaps.toSorted(([a], [b]) => a - b);
const inMs = (us: number) => Math.round(us / 1_000);
