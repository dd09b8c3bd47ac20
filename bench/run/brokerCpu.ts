import type { BenchTarget } from "../../contract/request.ts";
import { CPU_TIME, JIT_TIME } from "../kafka/brokerCounters.ts";
import { type AskMetrics, askJolokia } from "../kafka/metrics.ts";

/** The CPU time that the brokers have used since their start. */
export interface CpuReading {
  /** Time of the reading, ms of `performance.now()`. */
  atMs: number;
  /** CPU time of all brokers together, s. */
  seconds: number;
  /** Time of each broker's JIT compiler threads, s; undefined: not every broker reports it. */
  jitSec: readonly number[] | undefined;
}

/** Reads the CPU time of every broker; undefined if one does not report it, since the sum would be wrong. */
export async function readBrokerCpu(
  brokers: BenchTarget["brokerMetrics"],
  ask: AskMetrics = askJolokia,
): Promise<CpuReading | undefined> {
  const startedMs = performance.now();
  try {
    const answers = await Promise.all(brokers.map(({ jolokiaUrl }) => ask(jolokiaUrl, [CPU_TIME, JIT_TIME])));
    const nanoseconds = answers.map(([time]) => Number(time));
    const jitSec = answers.map(([, time]) => Number(time) / 1e3);
    if (brokers.length === 0 || nanoseconds.some((time) => !Number.isFinite(time))) return undefined;
    return {
      atMs: (startedMs + performance.now()) / 2,
      seconds: nanoseconds.reduce((sum, time) => sum + time, 0) / 1e9,
      jitSec: jitSec.every(Number.isFinite) ? jitSec : undefined,
    };
  } catch {
    return undefined; // shown as unknown: a missing metric must not end the measurement
  }
}

/** CPUs used by all brokers between two readings, on average; null if a reading is missing or a broker restarted. */
export function cpusBetween(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  if (!from || !to || to.atMs <= from.atMs || to.seconds < from.seconds) return null;
  return ((to.seconds - from.seconds) * 1_000) / (to.atMs - from.atMs);
}

/**
 * Busy JIT compiler threads of the broker with the most, on average between two readings; null if unknown, or if a broker
 * restarted. This is elapsed time: a thread that waits for a CPU counts as busy.
 */
export function jitThreadsBetween(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  const [before, after] = [from?.jitSec, to?.jitSec];
  if (!from || !to || !before || !after || to.atMs <= from.atMs) return null;
  const busySec = after.map((seconds, broker) => seconds - (before[broker] ?? Number.NaN));
  if (!busySec.every((seconds) => seconds >= 0)) return null; // a broker restarted
  return (Math.max(...busySec) * 1_000) / (to.atMs - from.atMs);
}
