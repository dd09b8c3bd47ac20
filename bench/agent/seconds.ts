// Figures by the second in which something happened.

/** A second is reported once it has been over for so long: what happened in it has been counted by then. */
const SETTLED_AFTER_SEC = 1;

/** Seconds of a step, one entry for each, also where nothing happened; the open ones can still change. */
export class Seconds<T> {
  private readonly open = new Map<number, T>();
  private nextAt: number;

  private readonly create: () => T;

  /** @param fromSec the first one, whole seconds since 1970 */
  constructor(fromSec: number, create: () => T) {
    this.create = create;

    this.nextAt = fromSec;
  }

  /** The second that a time is in; what comes too late for its own second counts in the first that is open. */
  at(us: number): T {
    const second = Math.max(this.nextAt, Math.floor(us / 1e6));
    let entry = this.open.get(second);
    if (!entry) {
      entry = this.create();
      this.open.set(second, entry);
    }
    return entry;
  }

  /** Takes those that will not change any more, in their order. */
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
