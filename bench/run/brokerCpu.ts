import type { BenchTarget } from "../../contract/request";
import { type AskMetrics, askJolokia } from "../kafka/metrics";

/** CPU time of a JVM since it began, ns (java.lang OperatingSystemMXBean). */
const CPU_TIME = { mbean: "java.lang:type=OperatingSystem", attribute: "ProcessCpuTime" };

/** Time in which its JIT compilers were at work, ms (java.lang CompilationMXBean); not every JVM tells. */
const COMPILATION_TIME = { mbean: "java.lang:type=Compilation", attribute: "TotalCompilationTime" };

/** What the brokers have used of their CPUs so far. */
export interface CpuReading {
  atMs: number;
  /** All brokers together, s. */
  seconds: number;
  /** Time in which a broker's compilers were at work, the mean of all, s; undefined: not all tell. */
  compilingSec: number | undefined;
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
    const compiling = answers.map(([, time]) => Number(time));
    if (brokers.length === 0 || nanoseconds.some((time) => !Number.isFinite(time))) return undefined;
    const compilingSec = sum(compiling) / brokers.length / 1e3;
    return {
      ...{ atMs: (began + performance.now()) / 2, seconds: sum(nanoseconds) / 1e9 },
      compilingSec: Number.isFinite(compilingSec) ? compilingSec : undefined,
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

/** The share of the time between two readings in which a broker's compilers were at work; null where that is not known. */
export function compilingShare(from: CpuReading | undefined, to: CpuReading | undefined): number | null {
  if (from?.compilingSec === undefined || to?.compilingSec === undefined) return null;
  if (to.atMs <= from.atMs || to.compilingSec < from.compilingSec) return null;
  return ((to.compilingSec - from.compilingSec) * 1_000) / (to.atMs - from.atMs);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
