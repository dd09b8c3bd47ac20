// How far the consumers of one group in one task have read each partition.

/** Offsets from `from` to below `to`. */
export interface OffsetRange {
  from: number;
  to: number;
}

/** The offsets that consumers have read of each partition, by which they recognise what they reread. */
export class Positions {
  private readonly ranges = new Map<number, OffsetRange>();

  /** The offset after the last one that was read; undefined: nothing was read. */
  next(partition: number): number | undefined {
    return this.ranges.get(partition)?.to;
  }

  /** Records that offsets were read. */
  read(partition: number, { from, to }: OffsetRange): void {
    const range = this.ranges.get(partition);
    if (!range) {
      this.ranges.set(partition, { from, to });
      return;
    }
    range.from = Math.min(range.from, from);
    range.to = Math.max(range.to, to);
  }

  /** The range of each partition that was read. */
  all(): (OffsetRange & { partition: number })[] {
    return [...this.ranges].map(([partition, range]) => ({ partition, ...range }));
  }
}
