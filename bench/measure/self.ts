// How the process itself does: a generator that is short of CPU measures itself.
import { readFileSync } from "node:fs";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Self } from "../agent/protocol.ts";

/** The event loop's delay is found by a timer of this period, which is in what it records. */
const RESOLUTION_MS = 10;
/** Of /proc/stat: USER_HZ, the same on every Linux. */
const TICKS_PER_SEC = 100;

interface Reading {
  atMs: number;
  cpuUs: number;
  waitNs: number;
  machineTicks: number;
}

/** Figures of this process and its machine, each time since the last time. */
export class SelfWatch {
  private readonly loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private last = read();

  constructor() {
    this.loop.enable();
  }

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

  close(): void {
    this.loop.disable();
  }
}

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpuUs: user + system,
    // The main thread has the process's number, also in a container.
    waitNs: waitOf(textOf(`/proc/self/task/${process.pid}/schedstat`)),
    machineTicks: busyTicksOf(textOf("/proc/stat")),
  };
}

/** Some kernels do not have it; then nothing is known, which is 0. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** ns that a thread was ready to run and waited for a CPU (Documentation/scheduler/sched-stats.rst). */
export function waitOf(schedstat: string): number {
  return Number(schedstat.trim().split(/\s+/)[1] ?? 0) || 0;
}

/** Ticks that all CPUs of the machine were busy: all but idle and iowait (proc_stat(5)). Also in a container. */
export function busyTicksOf(stat: string): number {
  const [, ...ticks] = (stat.split("\n", 1)[0] ?? "").trim().split(/\s+/);
  // guest and guest_nice, the last two, are in user and nice already.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks.map(Number);
  return user + nice + system + irq + softirq + steal;
}
