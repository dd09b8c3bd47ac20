// Waking up on time: Node's own timers are late by 0.5 ms in the middle and by more than 1 ms at worst.
import { Worker } from "node:worker_threads";
import type { WallClock } from "../wallClock.ts";

/** Wakes once, at or shortly after a time. */
export interface Pacer {
  /** In the place of what was asked for before. */
  wakeAt(atUs: number, wake: () => void): void;
  close(): void;
}

/**
 * Wake-ups that are closer together are one: each costs 40 µs of CPU, so that 2,000 in a second cost 0.08 CPUs.
 */
const GRID_US = 500;

/**
 * @param kind `precise`: a thread that sleeps in `Atomics.wait`, late by 0.1 ms in the middle and 0.2 ms at p99;
 *   `timer`: `setTimeout`, which costs less
 */
export function openPacer(kind: "precise" | "timer", clock: Pick<WallClock, "nowUs">): Pacer {
  return kind === "precise" ? new ThreadPacer(clock) : new TimerPacer(clock);
}

class TimerPacer implements Pacer {
  private timer: NodeJS.Timeout | undefined;

  private readonly clock: Pick<WallClock, "nowUs">;

  constructor(clock: Pick<WallClock, "nowUs">) {
    this.clock = clock;
  }

  wakeAt(atUs: number, wake: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(wake, Math.max(0, Math.ceil((atUs - this.clock.nowUs()) / 1_000)));
  }

  close(): void {
    clearTimeout(this.timer);
  }
}

/** Of the memory that both threads see: a number that changes with every order, and the time to wake at. */
const [ORDER, DONE] = [0, 1];
const NEVER = 0;

/**
 * As text, so that it is in whatever file this is bundled into. The clock of `process.hrtime` is the same in all threads.
 * A time is posted once; then it waits for the next order.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const orders = new Int32Array(workerData, 0, 2);
const at = new Float64Array(workerData, 8, 1);
for (let posted = 0; Atomics.load(orders, ${DONE}) === 0; ) {
  const order = Atomics.load(orders, ${ORDER});
  const atUs = at[0];
  if (atUs === ${NEVER} || order === posted) {
    Atomics.wait(orders, ${ORDER}, order);
    continue;
  }
  const leftMs = (atUs - Number(process.hrtime.bigint()) / 1000) / 1000;
  if (leftMs > 0 && Atomics.wait(orders, ${ORDER}, order, leftMs) !== "timed-out") continue;
  posted = order;
  parentPort.postMessage(0);
}`;

class ThreadPacer implements Pacer {
  private readonly shared = new SharedArrayBuffer(16);
  private readonly orders = new Int32Array(this.shared, 0, 2);
  private readonly at = new Float64Array(this.shared, 8, 1);
  private readonly thread = new Worker(THREAD, { eval: true, workerData: this.shared });
  private wake: () => void = () => {};
  private lastUs = 0;

  private readonly clock: Pick<WallClock, "nowUs">;

  constructor(clock: Pick<WallClock, "nowUs">) {
    this.clock = clock;

    this.thread.unref();
    this.thread.on("message", () => {
      this.lastUs = this.clock.nowUs();
      this.wake();
    });
    this.thread.on("error", (error) => {
      throw error;
    });
  }

  wakeAt(atUs: number, wake: () => void): void {
    this.wake = wake;
    const leftUs = Math.max(atUs, this.lastUs + GRID_US) - this.clock.nowUs();
    this.at[0] = Number(process.hrtime.bigint()) / 1_000 + leftUs;
    this.order();
  }

  close(): void {
    this.wake = () => {};
    Atomics.store(this.orders, DONE, 1);
    this.order();
  }

  private order(): void {
    Atomics.add(this.orders, ORDER, 1);
    Atomics.notify(this.orders, ORDER);
  }
}
