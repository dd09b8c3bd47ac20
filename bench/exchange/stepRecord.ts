// When a clock was stepped, as far as the probes of an exchange show it.

/** A value of the sum, which is possible from `fromUs` until the `toUs` of the next one. */
interface Change {
  fromUs: number;
  toUs: number;
  totalUs: number;
}

/**
 * The sum of a clock's steps over time, from readings of it. A clock of this program is stepped only when it reads the
 * machine's clock again (bench/wallClock.ts), so that every step is known; between two readings either value is possible.
 */
export class StepRecord {
  private readonly changes: Change[] = [];
  private latestUs = 0;

  /** Adds a reading that was made between two times, µs on the unstepped clock of the asking process. */
  note(fromUs: number, toUs: number, totalUs: number): void {
    if (this.changes.at(-1)?.totalUs !== totalUs)
      this.changes.push({ fromUs: this.changes.length === 0 ? fromUs : this.latestUs, toUs, totalUs });
    this.latestUs = fromUs;
  }

  /** The smallest and the largest value that the sum can have had in a period, µs. 0 without a reading. */
  range(fromUs: number, toUs: number): { low: number; high: number } {
    const totals = this.changes
      .filter((change, index) => {
        const next = this.changes[index + 1];
        return (index === 0 || change.fromUs <= toUs) && (!next || next.toUs >= fromUs);
      })
      .map(({ totalUs }) => totalUs);
    return totals.length > 0 ? { low: Math.min(...totals), high: Math.max(...totals) } : { low: 0, high: 0 };
  }

  /** Sum of the absolute steps between the readings, µs. */
  absoluteSum(): number {
    return this.changes
      .slice(1)
      .reduce(
        (sum, { totalUs }, index) => sum + Math.abs(totalUs - (this.changes[index] as Change).totalUs),
        0,
      );
  }
}
