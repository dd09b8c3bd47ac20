import { JIT_BUSY_THREADS } from "../measure/evaluate.ts";
import { type CpuReading, jitThreadsBetween } from "./brokerCpu.ts";

/** Time between two readings: long enough that they cost the brokers little. */
const EVERY_MS = 2_000;
/** Period of the average. A compilation is counted when it ends, and that of a large method takes seconds on few CPUs. */
const WINDOW_MS = 10_000;

/** Watches whether the JIT compilers of the brokers are busy, as they are in the first minutes after a start. */
export class JitWarmUp {
  private readonly readings: CpuReading[] = [];
  private triedMs = Number.NEGATIVE_INFINITY;

  private readonly read: () => Promise<CpuReading | undefined>;

  /** @param read returns undefined if brokers do not report their JIT time; it must not throw */
  constructor(read: () => Promise<CpuReading | undefined>) {
    this.read = read;
  }

  /** Takes a reading if the last one is old enough. Callers need not await it. */
  async update(nowMs = performance.now()): Promise<void> {
    if (nowMs - this.triedMs < EVERY_MS) return;
    this.triedMs = nowMs;
    const reading = await this.read();
    if (reading) this.readings.push(reading);
    while ((this.readings[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - WINDOW_MS) this.readings.shift();
  }

  /** Whether the JIT compilers of a broker were busy in the last seconds; false if this is unknown. */
  get busy(): boolean {
    return (jitThreadsBetween(this.readings[0], this.readings.at(-1)) ?? 0) > JIT_BUSY_THREADS;
  }
}
