import { BUSY_COMPILERS } from "../measure/evaluate.ts";
import { type CpuReading, compilersBetween } from "./brokerCpu.ts";

/** Between two readings: brokers have better things to do. */
const EVERY_MS = 2_000;
/** A compilation counts when it is done, and that of a large method takes seconds where CPUs are few. */
const WINDOW_MS = 10_000;

/** Watches whether brokers still compile their code, as they do in the first minutes after a start. */
export class Compilers {
  private readonly readings: CpuReading[] = [];
  private triedMs = Number.NEGATIVE_INFINITY;

  private readonly read: () => Promise<CpuReading | undefined>;

  /** @param read undefined where brokers do not tell: then nothing is waited for. It must not throw. */
  constructor(read: () => Promise<CpuReading | undefined>) {
    this.read = read;
  }

  /** Reads, where it is time to; nobody need wait for it. */
  async look(nowMs = performance.now()): Promise<void> {
    if (nowMs - this.triedMs < EVERY_MS) return;
    this.triedMs = nowMs;
    const reading = await this.read();
    if (reading) this.readings.push(reading);
    while ((this.readings[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - WINDOW_MS) this.readings.shift();
  }

  get atWork(): boolean {
    return (compilersBetween(this.readings[0], this.readings.at(-1)) ?? 0) > BUSY_COMPILERS;
  }
}
