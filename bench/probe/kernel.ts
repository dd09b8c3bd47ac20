// The kernel's counters of a machine's resources. /proc/stat, /proc/pressure and /proc/diskstats are those of the machine, even in
// a container.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { busyTicksOf, TICKS_PER_SEC } from "../measure/self.ts";
import { readThrottling } from "./cgroups.ts";
import type { MachineCounters } from "./protocol.ts";

/** Names of whole disks. Partitions, and devices that consist of disks, would be counted twice. */
const DISK = /^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;
/** Unit of /proc/diskstats, regardless of the disk's sector size (Linux, Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512;

/** Reads all counters, which count from the machine's start. A counter that the kernel does not have is null. */
export function readCounters(read: (file: string) => string | undefined = textOf): MachineCounters {
  const stat = read("/proc/stat") ?? "";
  const disks = read("/proc/diskstats");
  return {
    atMs: performance.now(),
    cpus: cpus().length,
    busySec: busyTicksOf(stat) / TICKS_PER_SEC,
    stealSec: stealTicksOf(stat) / TICKS_PER_SEC,
    pressureUs: {
      cpu: pressureUsOf(read("/proc/pressure/cpu")),
      io: pressureUsOf(read("/proc/pressure/io")),
      memory: pressureUsOf(read("/proc/pressure/memory")),
    },
    disk: disks === undefined ? null : diskOf(disks),
    throttling: readThrottling(),
    ownCpuSec: ownCpuSec(),
  };
}

/** CPU time that this process has used since its start, s. */
export function ownCpuSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Ticks for which the hypervisor gave the machine's CPUs to other guests (steal, proc_stat(5)). */
export function stealTicksOf(stat: string): number {
  const [, ...ticks] = (stat.split("\n", 1)[0] ?? "").trim().split(/\s+/);
  return Number(ticks[7] ?? 0) || 0;
}

/** Time for which some task waited, in µs since the machine's start (Linux, Documentation/accounting/psi.rst). */
export function pressureUsOf(text: string | undefined): number | null {
  const total = /^some .*\btotal=(\d+)/m.exec(text ?? "")?.[1];
  return total === undefined ? null : Number(total);
}

/** Bytes read and written by all disks, and the time for which each was busy (Linux, Documentation/admin-guide/iostats.rst). */
export function diskOf(diskstats: string): NonNullable<MachineCounters["disk"]> {
  const disk: NonNullable<MachineCounters["disk"]> = { readBytes: 0, writtenBytes: 0, busyMs: {} };
  for (const line of diskstats.split("\n")) {
    const [, , name = "", , , read = "0", , , , written = "0", , , busyMs = "0"] = line.trim().split(/\s+/);
    if (!DISK.test(name) || ![read, written, busyMs].every((text) => /^\d+$/.test(text))) continue;
    disk.readBytes += SECTOR_BYTES * Number(read);
    disk.writtenBytes += SECTOR_BYTES * Number(written);
    disk.busyMs[name] = Number(busyMs);
  }
  return disk;
}

/** The text of a file; undefined if it does not exist, or if reading fails because the kernel does not count it. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
