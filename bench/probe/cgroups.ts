// How often the kernel throttled the containers of a node by their CPU limits.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { CGROUPS } from "../../contract/network.ts";
import type { MachineCounters } from "./protocol.ts";

type Throttling = MachineCounters["throttling"][string];

/** The folder of a container by either of Docker's cgroup drivers: its id, or docker-ID.scope. */
const CONTAINER = /^(?:docker-)?([0-9a-f]{64})(?:\.scope)?$/;
/** Folders between the root and a container's. */
const PARENT = /^(docker|.+\.slice)$/;
/** Largest depth of a container's folder. Containers of a node that is itself a container are the deepest. */
const MOST_DEPTH = 6;
/** Length of the id that is a container's host name. */
const SHORT_ID = 12;

/**
 * The counters of all containers that have a CPU limit, or are in one that has, by short id (Linux,
 * Documentation/scheduler/sched-bwc.rst).
 *
 * @param root where the node's /sys/fs/cgroup is mounted in this container
 */
export function readThrottling(root: string = CGROUPS.probe): MachineCounters["throttling"] {
  const throttling: MachineCounters["throttling"] = {};
  // cgroup v1 has a hierarchy for each controller, v2 has one.
  const v1 = childrenOf(root).find((name) => name === "cpu" || name === "cpu,cpuacct");
  collect(v1 === undefined ? root : path.join(root, v1), undefined, throttling, 0);
  return throttling;
}

/** @param outer the counters of the enclosing container, whose limit applies as well */
function collect(
  folder: string,
  outer: Throttling | undefined,
  throttling: MachineCounters["throttling"],
  depth: number,
): void {
  if (depth > MOST_DEPTH) return;
  for (const name of childrenOf(folder)) {
    const id = CONTAINER.exec(name)?.[1]?.slice(0, SHORT_ID);
    if (id === undefined && !PARENT.test(name)) continue;
    const inner = path.join(folder, name);
    const counters = id === undefined ? outer : tighter(countersOf(inner), outer);
    if (id !== undefined && counters) throttling[id] = counters;
    collect(inner, counters, throttling, depth + 1);
  }
}

function countersOf(folder: string): Throttling | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(folder, "cpu.stat"), "utf8");
  } catch {
    return undefined;
  }
  const counter = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  const periods = counter("nr_periods");
  return periods > 0 ? { periods, throttled: counter("nr_throttled") } : undefined;
}

function tighter(a: Throttling | undefined, b: Throttling | undefined): Throttling | undefined {
  if (!a || !b) return a ?? b;
  return a.throttled >= b.throttled ? a : b;
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return []; // no such folder, or a container that has ended
  }
}
