import type { WallClock } from "../wallClock.ts";
import type { Pacer } from "./pacer.ts";
import type { Schedule } from "./schedule.ts";

/** After a stall thousands are overdue: they go out in slices, between which answers of the brokers are read. */
const SLICE_US = 5_000;

interface Entry {
  schedule: Schedule;
  due: (sequence: number, intendedUs: number) => void;
  sequence: number;
  /** The intended time of its next message, µs since 1970. */
  nextUs: number;
  /** Of two that are due at one time, the one that was added first goes first. */
  order: number;
}

/**
 * Carries out many schedules in an open loop: each message is handed out at its intended time, or as soon after it as
 * this process gets to it, whatever became of those before it. No rate limiter is shared, and nothing is waited for.
 */
export class Dispatcher {
  /** A binary heap: the next one that is due is the first. */
  private readonly heap: Entry[] = [];
  private startUs = 0;
  private limitUs = Number.POSITIVE_INFINITY;
  private stopped = false;
  private finish!: () => void;
  private fail!: (error: unknown) => void;
  /** All that was to be handed out by the limit has been, or it was stopped. */
  readonly done = new Promise<void>((resolve, reject) => {
    this.finish = resolve;
    this.fail = reject;
  });

  private readonly clock: Pick<WallClock, "nowUs">;
  private readonly pacer: Pacer;

  constructor(clock: Pick<WallClock, "nowUs">, pacer: Pacer) {
    this.clock = clock;
    this.pacer = pacer;

    this.done.catch(() => {}); // who waits for it is told all the same
  }

  /** Before {@link start}. */
  add(schedule: Schedule, due: Entry["due"]): void {
    this.heap.push({ schedule, due, sequence: 0, nextUs: 0, order: this.heap.length });
  }

  start(atUs: number): void {
    this.startUs = atUs;
    for (const entry of this.heap) entry.nextUs = atUs + entry.schedule.next();
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index -= 1) this.sink(index);
    this.sleep();
  }

  /**
   * Nothing with an intended time at or after this is handed out.
   *
   * @returns the earliest intended time that has not been handed out: what is before it has been, limit or not
   */
  until(toUs: number): number {
    this.limitUs = toUs;
    const next = this.nextUs();
    if (next >= toUs) this.stop();
    return next;
  }

  /** The earliest intended time that has not been handed out. */
  nextUs(): number {
    return this.heap[0]?.nextUs ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing more, at once. */
  stop(): void {
    this.stopped = true;
    this.pacer.close();
    this.finish();
  }

  private sleep(): void {
    this.pacer.wakeAt(this.nextUs(), () => this.work());
  }

  private readonly work = (): void => {
    if (this.stopped) return;
    try {
      const began = this.clock.nowUs();
      let now = began;
      // Its time is read once in a while: a message that is due by then is not made to wait for another wake-up.
      while (this.nextUs() <= now && this.nextUs() < this.limitUs) {
        this.handOut();
        if (this.nextUs() > now) now = this.clock.nowUs();
        if (now - began > SLICE_US || this.stopped) break;
        if (this.handed % 16 === 0) now = this.clock.nowUs();
      }
    } catch (error) {
      this.stopped = true;
      this.pacer.close();
      this.fail(error);
      return;
    }
    if (this.stopped) return;
    if (this.nextUs() >= this.limitUs) this.stop();
    else if (this.nextUs() <= this.clock.nowUs()) setImmediate(this.work);
    else this.sleep();
  };
  private handed = 0;

  private handOut(): void {
    const entry = this.heap[0] as Entry;
    const { sequence, nextUs } = entry;
    entry.sequence += 1;
    entry.nextUs = this.startUs + entry.schedule.next();
    this.sink(0);
    this.handed += 1;
    entry.due(sequence, nextUs);
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
