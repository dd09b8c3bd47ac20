import { COLD_SHARE } from "../measure/judge";
import { type CpuReading, compilingShare } from "./brokerCpu";

/** Between two readings: brokers have better things to do. */
const EVERY_MS = 2_000;
/** A compilation counts when it is done, and that of a large method takes a while. */
const WINDOW_MS = 5_000;

/** Watches whether brokers still compile their code, as they do in the first minutes after a start. */
export class Compilers {
  private readonly readings: CpuReading[] = [];

  /** @param read undefined where brokers do not tell: then nothing is waited for */
  constructor(private readonly read: () => Promise<CpuReading | undefined>) {}

  /** Reads, where it is time to. */
  async look(nowMs = performance.now()): Promise<void> {
    const last = this.readings.at(-1);
    if (last && nowMs - last.atMs < EVERY_MS) return;
    const reading = await this.read();
    if (reading) this.readings.push(reading);
    while ((this.readings[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - WINDOW_MS) this.readings.shift();
  }

  get atWork(): boolean {
    return (compilingShare(this.readings[0], this.readings.at(-1)) ?? 0) > COLD_SHARE;
  }
}
