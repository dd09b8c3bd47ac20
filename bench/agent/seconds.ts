// Collects counts by the second in which events happened.

/** Delay before a second is reported, so that all its events have been counted. */
const SETTLED_AFTER_SEC = 1;

/** The seconds of a step, with one entry for each, even without events. Open seconds can still change. */
export class Seconds<T> {
  private readonly open = new Map<number, T>();
  private nextAt: number;
  private readonly create: () => T;

  /** @param fromSec the first second, whole seconds since 1970 */
  constructor(fromSec: number, create: () => T) {
    this.create = create;
    this.nextAt = fromSec;
  }

  /** The entry for a time, µs since 1970. An event that is too late for its own second counts in the first open one. */
  at(us: number): T {
    const second = Math.max(this.nextAt, Math.floor(us / 1e6));
    let entry = this.open.get(second);
    if (!entry) {
      entry = this.create();
      this.open.set(second, entry);
    }
    return entry;
  }

  /** Removes and returns the seconds that can no longer change, in order. */
  settled(nowUs: number): { at: number; entry: T }[] {
    const settled: { at: number; entry: T }[] = [];
    const end = Math.floor(nowUs / 1e6) - SETTLED_AFTER_SEC;
    while (this.nextAt < end) {
      settled.push({ at: this.nextAt, entry: this.open.get(this.nextAt) ?? this.create() });
      this.open.delete(this.nextAt);
      this.nextAt += 1;
    }
    return settled;
  }
}
