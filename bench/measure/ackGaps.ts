// How long each partition acknowledged nothing, in a form that is small and still exact for a fault at any time.
//
// The question is: from a time F on, when was the first message acknowledged that was due at F or later? In the order in which
// answers arrive, only a message that was due later than all acknowledged ones before changes the answer. So each partition has a
// list of gaps (after, upto, acked): for every F in (after, upto], the answer is `acked`. A producer task does not know when faults
// act, because they are caused elsewhere. It keeps the longest gaps of each partition, and the length up to which it dropped
// others: a fault whose gap was dropped made the partition unavailable for no longer than that. Counts per second would blur the
// answer by a second, and a list of all acknowledgements would grow with the load.
import type { PartitionGaps } from "../../contract/recovery.ts";

/** Number of gaps that are kept of each partition: more than a step has faults. */
const MOST_KEPT = 32;
const LEAST_KEPT = 4;
/** Number of gaps that are kept of all partitions together, as far as {@link LEAST_KEPT} allows. */
const KEPT_IN_ALL = 10_000;

/** For every time in (after, upto], the first message that was due from then on was acknowledged at `acked`. */
type Gap = PartitionGaps["gaps"][number];

/** Number of gaps to keep of each partition. @param partitions number of partitions of all topics */
export function gapsKept(partitions: number): number {
  return Math.min(MOST_KEPT, Math.max(LEAST_KEPT, Math.floor(KEPT_IN_ALL / Math.max(1, partitions))));
}

/** Records the gaps between the acknowledgements of one producer task. Takes less than a µs for each. */
export class AckGaps {
  private readonly partitions = new Map<number, Longest & { latestUs: number }>();
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
      own = { latestUs: this.startUs, gaps: [], dropped: 0 };
      this.partitions.set(partition, own);
    }
    if (intendedUs <= own.latestUs) return;
    keep(own, [own.latestUs, intendedUs, ackedUs], this.most);
    own.latestUs = intendedUs;
  }

  /**
   * Adds the answer to a batch. Of one for several partitions it is not known which message went where, so the earliest message
   * counts for all of them: a gap may seem to last a batch longer, never shorter.
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
    return [...this.partitions].map(([partition, { latestUs, gaps, dropped }]) => ({
      partition,
      latestMs: inMs(latestUs),
      droppedMs: Math.ceil(dropped / 1_000),
      gaps: inOrder(gaps).map((gap) => gap.map(inMs) as Gap),
    }));
  }
}

/**
 * The gaps of each partition over all producer tasks: the first message that any of them got acknowledged ends a gap. Tasks that
 * got nothing acknowledged by a partition say nothing about it.
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
  for (const [afterA, uptoA, ackedA] of withEnd(a)) {
    for (const [afterB, uptoB, ackedB] of withEnd(b)) {
      const [after, upto] = [Math.max(afterA, afterB), Math.min(uptoA, uptoB)];
      if (after < upto && upto < Number.POSITIVE_INFINITY) gaps.push([after, upto, Math.min(ackedA, ackedB)]);
    }
  }
  return {
    partition: a.partition,
    latestMs: Math.max(a.latestMs, b.latestMs),
    droppedMs: Math.max(a.droppedMs, b.droppedMs),
    gaps,
  };
}

/** After the latest acknowledged message there is a gap without an end. */
function withEnd({ gaps, latestMs }: PartitionGaps): Gap[] {
  return [...gaps, [latestMs, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]];
}

interface Longest {
  gaps: Gap[];
  /** Length of the longest gap that was dropped; 0: none was. */
  dropped: number;
}

const lengthOf = ([after, , acked]: Gap) => acked - after;

/** Keeps a gap if it is one of the longest. */
function keep(longest: Longest, gap: Gap, most: number): void {
  const { gaps } = longest;
  if (gaps.length < most) {
    gaps.push(gap);
    return;
  }
  let shortest = 0;
  for (let index = 1; index < gaps.length; index += 1)
    if (lengthOf(gaps[index] as Gap) < lengthOf(gaps[shortest] as Gap)) shortest = index;
  const isLonger = lengthOf(gap) > lengthOf(gaps[shortest] as Gap);
  longest.dropped = Math.max(longest.dropped, lengthOf(isLonger ? (gaps[shortest] as Gap) : gap));
  if (isLonger) gaps[shortest] = gap;
}

const inOrder = (gaps: readonly Gap[]) => gaps.toSorted(([a], [b]) => a - b);
const inMs = (us: number) => Math.round(us / 1_000);
