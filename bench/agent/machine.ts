import { readFileSync } from "node:fs";
import * as os from "node:os";
import type { Hello } from "./protocol.ts";

let known: Hello["machine"] | undefined;

/** The machine that this runs on, as a container sees it: CPUs, memory and kernel are the machine's. */
export function machine(): Hello["machine"] {
  known ??= {
    cpus: os.cpus().length,
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    cpuModel: os.cpus()[0]?.model.trim() ?? "unknown",
    kernel: os.release(),
    bootId: bootId(),
  };
  return known;
}

/** random(4): the same for all containers of a machine. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return os.hostname(); // a kernel without it: then each container counts as a machine
  }
}
