import type { BenchTarget } from "../../contract/request.ts";
import { type AskMetrics, askJolokia } from "../kafka/metrics.ts";

/** CPU time of a JVM since it began, ns (java.lang OperatingSystemMXBean). */
const CPU_TIME = { mbean: "java.lang:type=OperatingSystem", attribute: "ProcessCpuTime" };

/** What its JIT compilers have worked, ms of all their threads together (java.lang CompilationMXBean); not every JVM tells. */
const COMPILATION_TIME = { mbean: "java.lang:type=Compilation", attribute: "TotalCompilationTime" };

/** What the brokers have used of their CPUs so far. */
export interface CpuReading {
  atMs: number;
  /** All brokers together, s. */
  seconds: number;
  /** What the JIT compilers of each have worked, s of all their threads; undefined: not all tell. */
  compilingSec: readonly number[] | undefined;
}

/** Asks every broker; undefined where one does not tell, since a part of the sum would be a wrong figure. */
export async function readBrokerCpu(
  brokers: BenchTarget["brokerMetrics"],
  ask: AskMetrics = askJolokia,
): Promise<CpuReading | undefined> {
  const began = performance.now();
  try {
    const answers = await Promise.all(
      brokers.map(({ jolokiaUrl }) => ask(jolokiaUrl, [CPU_TIME, COMPILATION_TIME])),
    );
    const nanoseconds = answers.map(([time]) => Number(time));
    const compiling = answers.map(([, time]) => Number(time) / 1e3);
    if (brokers.length === 0 || nanoseconds.some((time) => !Number.isFinite(time))) return undefined;
    const seconds = nanoseconds.reduce((sum, time) => sum + time, 0) / 1e9;
    return {
      atMs: (began + performance.now()) / 2,
      seconds,
      compilingSec: compiling.every(Number.isFinite) ? compiling : undefined,
    };
  } catch {
    return undefined; // shown as unknown: a figure beside the measurement must not end it
  }
}

/** CPUs that were used between two readings; null where one of them is missing. */
export function cpusBetween(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  if (!from || !to || to.atMs <= from.atMs || to.seconds < from.seconds) return null;
  return ((to.seconds - from.seconds) * 1_000) / (to.atMs - from.atMs);
}

/**
 * Compiler threads at work in the broker where most are, on average between two readings; null where that is not known. It is
 * time by the clock: a thread that waits for its CPU counts as well.
 */
export function compilersBetween(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  const [before, after] = [from?.compilingSec, to?.compilingSec];
  if (!from || !to || !before || !after || to.atMs <= from.atMs) return null;
  const worked = after.map((seconds, broker) => seconds - (before[broker] ?? Number.NaN));
  if (!worked.every((seconds) => seconds >= 0)) return null; // one has been started anew
  return (Math.max(...worked) * 1_000) / (to.atMs - from.atMs);
}
