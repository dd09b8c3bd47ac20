// How far the consumers of one group in one task have read each partition.

/** Offsets from `from` to below `to`. */
export interface OffsetRange {
  from: number;
  to: number;
}

/** Ranges kept of a partition: a new one begins when a partition comes back from another task. Further ones extend the last. */
const MOST_RANGES = 100;

/** The offsets that consumers have read of each partition, by which they recognise what they reread. */
export class Positions {
  /** By partition, in ascending order and apart from each other. */
  private readonly ranges = new Map<number, OffsetRange[]>();

  /** The offset after the last one that was read; undefined: nothing was read. */
  next(partition: number): number | undefined {
    return this.ranges.get(partition)?.at(-1)?.to;
  }

  /** Records that offsets were read. */
  read(partition: number, { from, to }: OffsetRange): void {
    const ranges = this.ranges.get(partition);
    const last = ranges?.at(-1);
    if (!ranges || !last) {
      this.ranges.set(partition, [{ from, to }]);
    } else if (from >= last.from && (from <= last.to || ranges.length >= MOST_RANGES)) {
      last.to = Math.max(last.to, to);
    } else {
      this.ranges.set(partition, joined([...ranges, { from, to }]));
    }
  }

  /** The ranges of each partition that was read. */
  all(): (OffsetRange & { partition: number })[] {
    return [...this.ranges].flatMap(([partition, ranges]) =>
      ranges.map((range) => ({ partition, ...range })),
    );
  }
}

/** Ranges that overlap or touch each other, as one. */
function joined(ranges: OffsetRange[]): OffsetRange[] {
  const all: OffsetRange[] = [];
  for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}
