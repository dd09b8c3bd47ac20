import type { WallClock } from "../wallClock.ts";
import type { Pacer } from "./pacer.ts";
import type { Schedule } from "./schedule.ts";

/** After a stall, thousands of messages are overdue. They are sent in slices, so that the brokers' answers are read in between. */
const SLICE_US = 5_000;

interface Entry {
  schedule: Schedule;
  onDue: (sequence: number, intendedUs: number) => void;
  onMissed: (sequence: number, intendedUs: number) => void;
  sequence: number;
  /** Intended time of its next message, µs since 1970. */
  nextUs: number;
  /** Position in which the schedule was added. It decides between messages that are due at the same time. */
  order: number;
}

/**
 * Runs many schedules in an open loop: each message is dispatched at its intended time, or as soon after it as this process
 * can, independently of earlier messages. There is no shared rate limiter, and it never waits for an answer.
 */
export class Dispatcher {
  /** A binary heap: the entry that is due next comes first. */
  private readonly heap: Entry[] = [];
  private startUs = 0;
  private limitUs = Number.POSITIVE_INFINITY;
  private stopped = false;
  /** The largest intended time that was dispatched, µs since 1970. */
  latestUs = Number.NEGATIVE_INFINITY;
  private finish!: () => void;
  private fail!: (error: unknown) => void;
  /** Resolves once all messages before the limit are dispatched, or after {@link stop}. Rejects if an entry throws. */
  readonly done = new Promise<void>((resolve, reject) => {
    this.finish = resolve;
    this.fail = reject;
  });

  private readonly clock: Pick<WallClock, "nowUs">;
  private readonly pacer: Pacer;

  constructor(clock: Pick<WallClock, "nowUs">, pacer: Pacer) {
    this.clock = clock;
    this.pacer = pacer;
    this.done.catch(() => {}); // avoids an unhandled rejection; callers that await `done` still get the error
  }

  /**
   * Adds a schedule and the function that is called for each of its messages. Only before {@link start}.
   *
   * @param onMissed called by {@link abandon} for each message that was due and not dispatched
   */
  add(schedule: Schedule, onDue: Entry["onDue"], onMissed: Entry["onMissed"] = () => {}): void {
    this.heap.push({ schedule, onDue, onMissed, sequence: 0, nextUs: 0, order: this.heap.length });
  }

  /** Starts all schedules at a time, µs since 1970. */
  start(atUs: number): void {
    this.startUs = atUs;
    for (const entry of this.heap) entry.nextUs = atUs + entry.schedule.next();
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index -= 1) this.sink(index);
    this.sleep();
  }

  /**
   * Sets the limit: no message with an intended time at or after it is dispatched. It can be set again until it is reached.
   *
   * @returns the earliest intended time that is not dispatched yet. All earlier messages are, even beyond the limit
   */
  until(toUs: number): number {
    this.limitUs = toUs;
    const next = this.nextUs();
    if (!this.stopped) this.endOrSleep();
    return next;
  }

  /** The earliest intended time that is not dispatched yet, µs since 1970. */
  nextUs(): number {
    return this.heap[0]?.nextUs ?? Number.POSITIVE_INFINITY;
  }

  /** Whether it has stopped dispatching. */
  get ended(): boolean {
    return this.stopped;
  }

  /** Stops, and reports the messages before the limit that were not dispatched because this process is behind. */
  abandon(): void {
    this.stop();
    if (this.limitUs === Number.POSITIVE_INFINITY) return;
    for (const entry of this.heap) {
      while (entry.nextUs < this.limitUs) {
        entry.onMissed(entry.sequence, entry.nextUs);
        entry.sequence += 1;
        entry.nextUs = this.startUs + entry.schedule.next();
      }
    }
  }

  /** Stops dispatching. */
  stop(): void {
    this.stopped = true;
    this.pacer.close();
    this.finish();
  }

  private sleep(): void {
    this.pacer.wakeAt(Math.min(this.nextUs(), this.limitUs), () => this.work());
  }

  private readonly work = (): void => {
    if (this.stopped) return;
    try {
      const began = this.clock.nowUs();
      let now = began;
      // Reading the clock again from time to time saves a wake-up for messages that have become due in the meantime.
      while (this.nextUs() <= now && this.nextUs() < this.limitUs) {
        this.dispatch();
        if (this.nextUs() > now) now = this.clock.nowUs();
        if (now - began > SLICE_US || this.stopped) break;
        if (this.dispatched % 16 === 0) now = this.clock.nowUs();
      }
    } catch (error) {
      this.stopped = true;
      this.pacer.close();
      this.fail(error);
      return;
    }
    if (this.stopped) return;
    if (this.nextUs() < this.limitUs && this.nextUs() <= this.clock.nowUs()) setImmediate(this.work);
    else this.endOrSleep();
  };

  private endOrSleep(): void {
    if (this.nextUs() >= this.limitUs && this.clock.nowUs() >= this.limitUs) this.stop();
    else this.sleep();
  }
  private dispatched = 0;

  private dispatch(): void {
    const entry = this.heap[0] as Entry;
    const { sequence, nextUs } = entry;
    entry.sequence += 1;
    entry.nextUs = this.startUs + entry.schedule.next();
    this.sink(0);
    this.dispatched += 1;
    if (nextUs > this.latestUs) this.latestUs = nextUs;
    entry.onDue(sequence, nextUs);
  }

  private sink(from: number): void {
    const { heap } = this;
    const entry = heap[from] as Entry;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (!isBefore(below, entry)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.nextUs < b.nextUs || (a.nextUs === b.nextUs && a.order < b.order);
}
