import { readFileSync } from "node:fs";
import * as os from "node:os";
import type { Hello } from "./protocol.ts";

let cached: Hello["machine"] | undefined;

/** The machine that this process runs on. CPUs, memory and kernel are those of the machine, even in a container. */
export function machine(): Hello["machine"] {
  cached ??= {
    cpus: os.cpus().length,
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    cpuModel: os.cpus()[0]?.model.trim() ?? "unknown",
    kernel: os.release(),
    bootId: bootId(),
  };
  return cached;
}

/** The kernel's boot id (random(4)), the same in all containers of a machine. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return os.hostname(); // without a boot id, each container counts as its own machine
  }
}
