// Wake-ups on time. Timers of Node.js are late by 0.5 ms in the median and by more than 1 ms at worst.
import { Worker } from "node:worker_threads";
import type { WallClock } from "../wallClock.ts";

/** Calls a function once, at or shortly after a time. */
export interface Pacer {
  /** Sets the next wake-up, µs since 1970. It replaces the previous one. */
  wakeAt(atUs: number, wake: () => void): void;
  /** Cancels the wake-up and ends the pacer. */
  close(): void;
}

/**
 * Shortest time between two wake-ups. Each costs 40 µs of CPU time, so 2,000 per second cost 0.08 CPUs.
 */
const GRID_US = 500;

/**
 * Opens a pacer.
 *
 * @param kind `precise`: a thread that sleeps in `Atomics.wait`, late by 0.1 ms in the median and 0.2 ms at p99.
 *   `timer`: `setTimeout`, which costs less CPU time
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

/** Fields of the memory that both threads share: the number of the last request, and whether the thread should end. */
const [REQUEST, DONE] = [0, 1];
const NEVER = 0;

/**
 * The thread, as text so that it is part of the bundled file. The clock of `process.hrtime` is the same in all threads.
 * It posts one message for each request, then waits for the next one.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const control = new Int32Array(workerData, 0, 2);
const wakeAtUs = new Float64Array(workerData, 8, 1);
for (let posted = 0; Atomics.load(control, ${DONE}) === 0; ) {
  const request = Atomics.load(control, ${REQUEST});
  const atUs = wakeAtUs[0];
  if (atUs === ${NEVER} || request === posted) {
    Atomics.wait(control, ${REQUEST}, request);
    continue;
  }
  const leftMs = (atUs - Number(process.hrtime.bigint()) / 1000) / 1000;
  if (leftMs > 0 && Atomics.wait(control, ${REQUEST}, request, leftMs) !== "timed-out") continue;
  posted = request;
  parentPort.postMessage(0);
}`;

class ThreadPacer implements Pacer {
  private readonly shared = new SharedArrayBuffer(16);
  private readonly control = new Int32Array(this.shared, 0, 2);
  private readonly wakeAtUs = new Float64Array(this.shared, 8, 1);
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
    this.wakeAtUs[0] = Number(process.hrtime.bigint()) / 1_000 + leftUs;
    this.notify();
  }

  close(): void {
    this.wake = () => {};
    Atomics.store(this.control, DONE, 1);
    this.notify();
  }

  private notify(): void {
    Atomics.add(this.control, REQUEST, 1);
    Atomics.notify(this.control, REQUEST);
  }
}
