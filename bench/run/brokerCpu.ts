import type { BenchTarget } from "../../contract/request";
import { type AskMetrics, askJolokia } from "../kafka/metrics";

/** CPU time of a JVM since it began, ns (java.lang OperatingSystemMXBean). */
const CPU_TIME = { mbean: "java.lang:type=OperatingSystem", attribute: "ProcessCpuTime" };

/** What the brokers have used of their CPUs so far. */
export interface CpuReading {
  atMs: number;
  /** All brokers together, s. */
  seconds: number;
}

/** Asks every broker; undefined where one does not tell, since a part of the sum would be a wrong figure. */
export async function readBrokerCpu(
  brokers: BenchTarget["brokerMetrics"],
  ask: AskMetrics = askJolokia,
): Promise<CpuReading | undefined> {
  const began = performance.now();
  try {
    const answers = await Promise.all(brokers.map(({ jolokiaUrl }) => ask(jolokiaUrl, [CPU_TIME])));
    const nanoseconds = answers.map(([time]) => Number(time));
    if (brokers.length === 0 || nanoseconds.some((time) => !Number.isFinite(time))) return undefined;
    const seconds = nanoseconds.reduce((sum, time) => sum + time, 0) / 1e9;
    return { atMs: (began + performance.now()) / 2, seconds };
  } catch {
    return undefined; // shown as unknown: a figure beside the measurement must not end it
  }
}

/** CPUs that were used between two readings; null where one of them is missing. */
export function cpusBetween(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  if (!from || !to || to.atMs <= from.atMs || to.seconds < from.seconds) return null;
  return ((to.seconds - from.seconds) * 1_000) / (to.atMs - from.atMs);
}
