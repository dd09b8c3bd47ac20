// Resource usage of this process. A load generator that is short of CPU time measures itself instead of Kafka.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Self } from "../agent/protocol.ts";

/** Period of the timer that measures the event loop delay. The recorded values include it. */
const RESOLUTION_MS = 10;
/** Unit of /proc/stat: USER_HZ, which is the same on every Linux. */
export const TICKS_PER_SEC = 100;

interface Reading {
  atMs: number;
  cpuUs: number;
  waitNs: number;
  machineTicks: number;
}

/** Measures the resource usage of this process and its machine. */
export class SelfWatch {
  private readonly loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private last = read();

  /** Begins the measurement of a step. Between steps nothing is measured: the timer would wake an idle process 100 times a second. */
  start(): void {
    this.last = read();
    this.loop.reset();
    this.loop.enable();
  }

  /** The usage since the previous sample or {@link start}. */
  sample(): Self {
    const [before, now] = [this.last, read()];
    const elapsedMs = Math.max(1, now.atMs - before.atMs);
    const delayMs = this.loop.count > 0 ? this.loop.percentile(99) / 1e6 - RESOLUTION_MS : 0;
    this.loop.reset();
    this.last = now;
    return {
      cpu: (now.cpuUs - before.cpuUs) / 1_000 / elapsedMs,
      cpuWait: Math.min(1, (now.waitNs - before.waitNs) / 1e6 / elapsedMs),
      eventLoopDelayMsP99: Math.max(0, delayMs),
      memoryMiB: process.memoryUsage.rss() / 2 ** 20,
      machineCpusBusy: ((now.machineTicks - before.machineTicks) / TICKS_PER_SEC / elapsedMs) * 1_000,
    };
  }

  /** Ends the measurement; it can be started again. */
  stop(): void {
    this.loop.disable();
  }
}

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpuUs: user + system,
    // The main thread has the same id as the process, even in a container.
    waitNs: waitNsOf(textOf(`/proc/self/task/${process.pid}/schedstat`)),
    machineTicks: machineTicks(),
  };
}

/** Where there is no /proc, Node.js knows the CPUs' times, in ms. */
function machineTicks(): number {
  const stat = textOf("/proc/stat");
  if (stat !== "") return busyTicksOf(stat);
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return (busyMs / 1_000) * TICKS_PER_SEC;
}

/** The text of a file; empty if the kernel does not have it. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Time for which a thread was runnable and waited for a CPU, in ns (Linux, Documentation/scheduler/sched-stats.rst). */
export function waitNsOf(schedstat: string): number {
  return Number(schedstat.trim().split(/\s+/)[1] ?? 0) || 0;
}

/** Ticks for which the machine's CPUs were busy, all but idle and iowait (proc_stat(5)). It is the whole machine even in a container. */
export function busyTicksOf(stat: string): number {
  const [, ...ticks] = (stat.split("\n", 1)[0] ?? "").trim().split(/\s+/);
  // The last two, guest and guest_nice, are already part of user and nice.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks.map(Number);
  return user + nice + system + irq + softirq + steal;
}
