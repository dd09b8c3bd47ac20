// How far a consumer has read its partitions, and what of that its group knows.

/** An offset of a partition: the next one to read. */
export interface ReachedOffset {
  partition: number;
  offset: number;
}

/** Time between two commits of a consumer, ms: Kafka's own default (auto.commit.interval.ms). */
export const COMMIT_INTERVAL_MS = 5_000;

/**
 * The offsets that a consumer has reached and not yet committed. Clients commit them every 5 s, and before they give up their
 * partitions in a rebalance, so that the next owner of a partition continues where it was left.
 */
export class ReachedOffsets {
  private readonly next = new Map<number, number>();
  private readonly committed = new Map<number, number>();

  /** Records that a partition was read up to, and without, this offset. */
  read(partition: number, nextOffset: number): void {
    this.next.set(partition, nextOffset);
  }

  /** The next offset of a partition; undefined: nothing was read. */
  nextOf(partition: number): number | undefined {
    return this.next.get(partition);
  }

  /** The offsets that are to be committed. */
  uncommitted(): ReachedOffset[] {
    return [...this.next]
      .filter(([partition, offset]) => this.committed.get(partition) !== offset)
      .map(([partition, offset]) => ({ partition, offset }));
  }

  /** Records that the group knows these offsets. */
  confirm(offsets: readonly ReachedOffset[]): void {
    for (const { partition, offset } of offsets) this.committed.set(partition, offset);
  }

  /** Forgets all partitions but these: the others have another owner now, and must not be committed again. */
  retain(partitions: readonly number[]): void {
    for (const partition of [...this.next.keys()]) {
      if (partitions.includes(partition)) continue;
      this.next.delete(partition);
      this.committed.delete(partition);
    }
  }
}
