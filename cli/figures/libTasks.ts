import type { TestProject } from "../../test/support/project.ts";

/** What a container, or a whole node, used while it was observed. */
export interface Usage {
  /** Name of the service, `registry`, or {@link WHOLE_NODE}. */
  service: string;
  /** At the start, without page cache; undefined for a whole node. */
  memoryMiB?: number;
  /** Average share of one CPU. */
  cpuPercent: number;
}
/** The name of the service of a whole node with everything in it. */
export const WHOLE_NODE = "node";

/** The used fields of Docker's answer to `GET /containers/…/stats`. */
interface Stats {
  name: string;
  read: string;
  cpu_stats: { cpu_usage: { total_usage: number } };
  memory_stats?: { usage: number; stats: Record<string, number> };
}

/**
 * A script for a node that reads the counters of each container and of the node twice. It reads the kernel's counters, because
 * `docker stats` covers only one second. The node comes last the first time and first the second time, so that the cost of
 * reading the containers does not count for it.
 */
const readTwice = (seconds: number) => `
containers() {
  for id in $(docker ps --quiet --no-trunc); do
    curl -sS --unix-socket /var/run/docker.sock "http://docker/containers/$id/stats?stream=false&one-shot=true"
  done
}
node() {
  cpu=$(cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null ||
    awk '$1 == "usage_usec" { printf "%d000", $2 }' /sys/fs/cgroup/cpu.stat)
  printf '{"name":"/${WHOLE_NODE}","read":"%s","cpu_stats":{"cpu_usage":{"total_usage":%s}}}\\n' \\
    "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$cpu"
}
containers; node
sleep ${seconds}
node; containers`;

/** Observes all containers on the nodes of a stack for some seconds. */
export async function observeTasks(project: TestProject, nodes: number, seconds: number): Promise<Usage[]> {
  const names = Array.from({ length: nodes }, (_, index) => `node${index + 1}`);
  const texts = await Promise.all(names.map((name) => project.on(name, readTwice(seconds))));
  return texts.flatMap(usages);
}

function usages(text: string): Usage[] {
  const readings = text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Stats);
  return [...new Set(readings.map(({ name }) => name))].map((name) => {
    const [first, second] = readings.filter((reading) => reading.name === name);
    if (!first || !second)
      throw new Error(`${name} started or ended during the observation: the stack was not idle`);
    return usage(first, second);
  });
}

function usage(first: Stats, second: Stats): Usage {
  const cpuNs = (stats: Stats) => stats.cpu_stats.cpu_usage.total_usage;
  const wallNs = (Date.parse(second.read) - Date.parse(first.read)) * 1e6;
  const { memory_stats: memory } = first;
  return {
    service: serviceOf(first.name),
    cpuPercent: ((cpuNs(second) - cpuNs(first)) / wallNs) * 100,
    memoryMiB: memory && (memory.usage - inactiveFile(memory.stats)) / 2 ** 20,
  };
}

/** Page cache that can be dropped, which `docker stats` does not count as used memory. cgroup v1, then v2. */
function inactiveFile(stats: Record<string, number>): number {
  return stats.total_inactive_file ?? stats.inactive_file ?? 0;
}

/** `/telegraf.<node>.<task>` is a task of telegraf, `/broker-2.1.<task>` one of broker. */
function serviceOf(container: string): string {
  const [service = ""] = container.slice(1).split(".");
  return service.replace(/-\d+$/, "");
}
